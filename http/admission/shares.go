package admission

import "sync"

// Shares bounds how many places are taken, by all and by each subject: an address, a user.
// A bound of zero is none. Set the exported fields before its first use.
type Shares struct {
	Max, EachMax int

	mu    sync.Mutex
	taken int
	each  map[string]int
}

// Take takes a place for a subject, unless that would be one too many.
func (s *Shares) Take(subject string) (ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.Max > 0 && s.taken >= s.Max || s.EachMax > 0 && s.each[subject] >= s.EachMax {
		return false
	}
	if s.each == nil {
		s.each = map[string]int{}
	}
	s.taken++
	s.each[subject]++
	return true
}

// Give gives a place back. Each Take that was granted needs one Give.
func (s *Shares) Give(subject string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.taken--
	if s.each[subject]--; s.each[subject] <= 0 {
		delete(s.each, subject)
	}
}
