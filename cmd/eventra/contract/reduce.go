package contract

import (
	"slices"
	"strings"
)

// reductionsMax bounds the tries for one finding.
const reductionsMax = 200

// reduce looks for a smaller request with the same fault. What a request does may forbid to
// repeat it; then the request stays as it is.
func (r *run) reduce(request *Request, answer *Answer, fault string) (*Request, *Answer) {
	c := &client{host: r.Host}
	defer c.close()
	tries := 0
	for progress := true; progress; {
		progress = false
		for _, smaller := range request.smaller() {
			if tries++; tries > reductionsMax {
				return request, answer
			}
			its, err := c.do(smaller)
			if err != nil {
				return request, answer
			}
			for _, f := range r.Document.judge(smaller, its) {
				if varying.ReplaceAllString(f, "…") == fault {
					request, answer, progress = smaller, its, true
				}
			}
			if progress {
				break
			}
		}
	}
	return request, answer
}

// smaller returns requests that lack something of this one, the smallest first.
func (r *Request) smaller() (out []*Request) {
	without := func(change func(*Request)) {
		copied := *r
		change(&copied)
		out = append(out, &copied)
	}
	if path, query, ok := strings.Cut(r.Target, "?"); ok {
		without(func(s *Request) { s.Target = path })
		parts := strings.Split(query, "&")
		for i := range parts {
			if len(parts) > 1 && len(parts) < 20 {
				rest := slices.Delete(slices.Clone(parts), i, i+1)
				without(func(s *Request) { s.Target = path + "?" + strings.Join(rest, "&") })
			}
		}
	}
	for i := range r.Headers {
		without(func(s *Request) { s.Headers = slices.Delete(slices.Clone(r.Headers), i, i+1) })
	}
	for size := len(r.Body) / 2; size > 0; size /= 2 {
		for at := 0; at+size <= len(r.Body) && at/size < 16; at += size {
			without(func(s *Request) { s.Body = slices.Delete(slices.Clone(r.Body), at, at+size) })
		}
	}
	if r.Framing != framedByLength {
		without(func(s *Request) { s.Framing = framedByLength })
	}
	return out
}
