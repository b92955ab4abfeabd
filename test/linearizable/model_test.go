package linearizable

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra/test/client"
)

func TestWhatCanHaveHappened(t *testing.T) {
	for name, s := range map[string]*story{
		"one after the other": newStory().hold(0, 10, "b1", "A-1-1").release(20, 30, "b1", 200, "").hold(40, 50, "b2", "A-1-1"),
		"the release took effect before it was told": newStory().
			hold(0, 10, "b1", "A-1-1").release(20, 60, "b1", 200, "").hold(25, 35, "b2", "A-1-1"),
		"refused while the first was being decided": newStory().hold(0, 10, "b1", "A-1-1").refused(5, 12, "A-1-1", "A-1-1"),
		"refused for one of two":                    newStory().hold(0, 10, "b1", "A-1-1").refused(20, 30, "A-1-1 A-1-2", "A-1-1").hold(40, 50, "b2", "A-1-2"),
		"expired, then sold":                        newStory().hold(0, 10, "b1", "A-1-1").hold(5100, 5110, "b2", "A-1-1"),
		"expired late":                              newStory().hold(0, 10, "b1", "A-1-1").refused(9000, 9010, "A-1-1", "A-1-1"),
		"paid in time, and kept": newStory().hold(0, 10, "b1", "A-1-1").pay(4000, 4010, "b1", "tok_ok", 201, "").
			refused(9000, 9010, "A-1-1", "A-1-1").look(9100, 9110, "A-1-1=BOOKED"),
		"declined, held on, released": newStory().hold(0, 10, "b1", "A-1-1").pay(20, 30, "b1", "tok_declined", 402, "payment_declined").
			look(40, 50, "A-1-1=HELD").release(60, 70, "b1", 200, "").look(80, 90, ""),
		"paid too late, the seats sold": newStory().hold(0, 10, "b1", "A-1-1").hold(5100, 5110, "b2", "A-1-1").
			pay(5000, 5200, "b1", "tok_slow_100", 409, "hold_expired"),
		"paid too late, the seats bought once more": newStory().hold(0, 10, "b1", "A-1-1").payLate(4900, 5300, "b1", "b2").
			read(5400, 5410, "b1", "EXPIRED").read(5400, 5410, "b2", "CONFIRMED").refused(5500, 5510, "A-1-1", "A-1-1"),
		"a lost hold had an effect":                        newStory().lost(0, 10, "k1", "A-1-1").refused(20, 30, "A-1-1", "A-1-1"),
		"a lost hold had none":                             newStory().lost(0, 10, "k1", "A-1-1").hold(20, 30, "b2", "A-1-1"),
		"a lost hold had an effect later":                  newStory().lost(0, 10, "k1", "A-1-1").look(20, 30, "").refused(40, 50, "A-1-1", "A-1-1"),
		"a lost hold had an effect, and expired":           newStory().lost(0, 10, "k1", "A-1-1").refused(20, 30, "A-1-1", "A-1-1").hold(5100, 5110, "b2", "A-1-1"),
		"a lost release had an effect":                     newStory().hold(0, 10, "b1", "A-1-1").release(20, 30, "b1", noAnswer, "").hold(40, 50, "b2", "A-1-1"),
		"a lost release had none":                          newStory().hold(0, 10, "b1", "A-1-1").release(20, 30, "b1", 503, "unavailable").refused(40, 50, "A-1-1", "A-1-1"),
		"a lost payment confirmed":                         newStory().hold(0, 10, "b1", "A-1-1").pay(20, 30, "b1", "tok_ok", noAnswer, "").refused(9000, 9010, "A-1-1", "A-1-1").look(9100, 9110, "A-1-1=BOOKED"),
		"a lost payment did not":                           newStory().hold(0, 10, "b1", "A-1-1").pay(20, 30, "b1", "tok_ok", noAnswer, "").hold(5100, 5110, "b2", "A-1-1"),
		"a lost payment bought the seats once more, later": newStory().hold(0, 10, "b1", "A-1-1").pay(4900, 4950, "b1", "tok_ok", 503, "").hold(5100, 5110, "b2", "A-1-1").release(5200, 5210, "b2", 200, "").look(5300, 5310, "A-1-1=BOOKED").end("b1=EXPIRED>b3:A-1-1 b2=CANCELLED:A-1-1 b3=CONFIRMED:A-1-1"),
		"a lost payment bought the seats once more, unseen": newStory().hold(0, 10, "b1", "A-1-1").pay(20, 30, "b1", "tok_ok", 503, "").
			refused(6000, 6010, "A-1-1", "A-1-1").end("b1=EXPIRED>b3:A-1-1 b3=CONFIRMED:A-1-1"),
		"the best ones, and too few of them": newStory().best(0, 10, "b1", "A-1-2 A-1-3").hold(20, 30, "b2", "A-2-1").tooFew(40, 50, 2).
			best(60, 70, "b3", "A-1-1"),
		"a map of a mixed house": newStory().hold(0, 10, "b1", "A-1-1 A-1-2").hold(0, 10, "b2", "A-2-1").pay(20, 30, "b2", "tok_ok", 201, "").
			look(40, 50, "A-1-1=HELD A-1-2=HELD A-2-1=BOOKED"),
		"stored as told": newStory().hold(0, 10, "b1", "A-1-1").hold(0, 10, "b2", "A-1-2").hold(0, 10, "b3", "A-1-3").lost(0, 10, "k4", "A-1-4").
			pay(20, 30, "b1", "tok_ok", 201, "").release(20, 30, "b2", 200, "").end("b1=CONFIRMED:A-1-1 b2=CANCELLED:A-1-2 b3=EXPIRED:A-1-3 k4=HELD:A-1-4"),
		"paid twice under one key": newStory().hold(0, 10, "b1", "A-1-1").payAgain(20, 30, "b1", "p", noAnswer).read(40, 50, "b1", "CONFIRMED").
			payAgain(60, 70, "b1", "p", 201),
		"a lost hold is not stored": newStory().lost(0, 10, "k1", "A-1-1").hold(20, 30, "b2", "A-1-1").refused(40, 50, "A-1-1", "A-1-1").
			end("b2=HELD:A-1-1"),
		"a lost hold is stored":     newStory().lost(0, 10, "k1", "A-1-1").refused(40, 50, "A-1-1", "A-1-1").end("k1=HELD:A-1-1"),
		"asked twice under one key": newStory().lost(0, 10, "b1", "A-1-1").hold(20, 30, "b1", "A-1-1").refused(12, 15, "A-1-1", "A-1-1"),
	} {
		t.Run(name, func(t *testing.T) { require.Equal(t, Linearizable, s.verdict()) })
	}
}

func TestWhatCannotHaveHappened(t *testing.T) {
	for name, s := range map[string]*story{
		"double booking":                newStory().hold(0, 10, "b1", "A-1-1").hold(20, 30, "b2", "A-1-1"),
		"double booking, at once":       newStory().hold(0, 10, "b1", "A-1-1").hold(0, 10, "b2", "A-1-1"),
		"double booking of one in four": newStory().hold(0, 10, "b1", "A-1-1 A-1-2").hold(0, 30, "b2", "A-1-2 A-1-3"),
		"lost hold":                     newStory().hold(0, 10, "b1", "A-1-1").look(20, 30, ""),
		"lost hold, in the end":         newStory().hold(0, 10, "b1", "A-1-1").end(""),
		"half a hold":                   newStory().hold(0, 10, "b1", "A-1-1 A-1-2").look(20, 30, "A-1-1=HELD"),
		"half a hold, while it is asked": newStory().lost(0, 90, "k1", "A-1-1 A-1-2").look(20, 30, "A-1-1=HELD").
			look(40, 50, "A-1-1=HELD A-1-2=HELD"),
		"early expiry":                newStory().hold(0, 10, "b1", "A-1-1").hold(4900, 4990, "b2", "A-1-1"),
		"early expiry, read":          newStory().hold(0, 10, "b1", "A-1-1").read(4900, 4990, "b1", "EXPIRED"),
		"early expiry of a lost hold": newStory().lost(0, 10, "k1", "A-1-1").refused(20, 30, "A-1-1", "A-1-1").hold(4000, 4010, "b2", "A-1-1"),
		"false refusal":               newStory().refused(0, 10, "A-1-1", "A-1-1").hold(20, 30, "b1", "A-1-1"),
		"stale refusal":               newStory().hold(0, 10, "b1", "A-1-1").release(20, 30, "b1", 200, "").refused(40, 50, "A-1-1", "A-1-1"),
		"a refusal of two, of which one was free": newStory().hold(0, 10, "b1", "A-1-1").
			refused(20, 30, "A-1-1 A-1-2", "A-1-1 A-1-2").hold(40, 50, "b2", "A-1-2"),
		"refused for one at a time":        newStory().hold(0, 10, "b1", "A-1-1").release(20, 30, "b1", 200, "").hold(40, 50, "b2", "A-1-2").refused(5, 60, "A-1-1 A-1-2", "A-1-1 A-1-2"),
		"confirmed, then sold again":       newStory().hold(0, 10, "b1", "A-1-1").pay(20, 30, "b1", "tok_ok", 201, "").hold(9000, 9010, "b2", "A-1-1"),
		"confirmed, then expired":          newStory().hold(0, 10, "b1", "A-1-1").pay(20, 30, "b1", "tok_ok", 201, "").read(9000, 9010, "b1", "EXPIRED"),
		"confirmed, then released":         newStory().hold(0, 10, "b1", "A-1-1").pay(20, 30, "b1", "tok_ok", 201, "").release(40, 50, "b1", 200, ""),
		"released, then confirmed":         newStory().hold(0, 10, "b1", "A-1-1").release(20, 30, "b1", 200, "").pay(40, 50, "b1", "tok_ok", 201, ""),
		"expired, then confirmed":          newStory().hold(0, 10, "b1", "A-1-1").hold(5100, 5110, "b2", "A-1-1").pay(5200, 5210, "b1", "tok_ok", 201, ""),
		"bought late, while others had it": newStory().hold(0, 10, "b1", "A-1-1").hold(5100, 5110, "b2", "A-1-1").payLate(5200, 5300, "b1", "b3"),
		"bought late, but not expired":     newStory().hold(0, 10, "b1", "A-1-1").payLate(100, 200, "b1", "b3"),
		"declined, and confirmed": newStory().hold(0, 10, "b1", "A-1-1").pay(20, 30, "b1", "tok_declined", 402, "payment_declined").
			look(40, 50, "A-1-1=BOOKED"),
		"too late to pay in good time": newStory().hold(0, 10, "b1", "A-1-1").pay(100, 110, "b1", "tok_ok", 409, "hold_expired"),
		"paid already, by nobody":      newStory().hold(0, 10, "b1", "A-1-1").pay(100, 110, "b1", "tok_ok", 409, "already_paid"),
		"a map that goes back":         newStory().hold(0, 100, "b1", "A-1-1").look(10, 20, "A-1-1=HELD").look(30, 40, ""),
		"a map of a seat that is free": newStory().look(0, 10, "A-1-1=HELD").hold(20, 30, "b1", "A-1-1"),
		"too few, although there are":  newStory().hold(0, 10, "b1", "A-1-1").tooFew(20, 30, 2),
		"the best, which somebody has": newStory().hold(0, 10, "b1", "A-1-2").best(20, 30, "b2", "A-1-2 A-1-3"),
		"a lost hold has it both ways": newStory().lost(0, 10, "k1", "A-1-1").refused(20, 30, "A-1-1", "A-1-1").hold(40, 50, "b2", "A-1-1"),
		"released, stored as held":     newStory().hold(0, 10, "b1", "A-1-1").release(20, 30, "b1", 200, "").end("b1=HELD:A-1-1"),
		"held, stored as cancelled":    newStory().hold(0, 10, "b1", "A-1-1").end("b1=CANCELLED:A-1-1"),
		"a lost hold that is stored":   newStory().lost(0, 10, "k1", "A-1-1").hold(20, 30, "b2", "A-1-1").end("k1=HELD:A-1-1 b2=HELD:A-1-1"),
		"refused for what never was":   newStory().lost(0, 10, "k1", "A-1-1").refused(20, 30, "A-1-1", "A-1-1").end(""),
		"paid twice under two keys":    newStory().hold(0, 10, "b1", "A-1-1").payAgain(20, 30, "b1", "p", 201).payAgain(60, 70, "b1", "q", 201),
		"one key, twice the seats":     newStory().lost(0, 10, "b1", "A-1-1").hold(20, 30, "b1", "A-1-1").hold(40, 50, "b2", "A-1-1"),
		"a map stale beyond its request": newStory().hold(0, 10, "b1", "A-1-1").look(20, 30, "A-1-1=HELD").release(40, 50, "b1", 200, "").
			look(60, 70, "A-1-1=HELD"),
	} {
		t.Run(name, func(t *testing.T) { require.Equal(t, Violated, s.verdict()) })
	}
}

func TestAMapOfAnInstanceThatWasCutOffProvesNothing(t *testing.T) {
	s := newStory().hold(0, 10, "b1", "A-1-1").release(40, 50, "b1", 200, "").look(60, 70, "A-1-1=HELD")
	require.Equal(t, Violated, s.verdict())
	s.Stale = func(o *client.Operation) bool { return true }
	require.Equal(t, Linearizable, s.verdict())
}

func TestRowsThatNobodyJoinsAreJudgedAlone(t *testing.T) {
	require.Len(t, newStory().hold(0, 10, "b1", "A-1-1").hold(0, 10, "b2", "A-2-1").Parts(), 2)
	require.Len(t, newStory().hold(0, 10, "b1", "A-1-1 A-2-1").hold(0, 10, "b2", "A-2-2").Parts(), 1)
}

func TestTheFirstImpossibleAnswerIsNamed(t *testing.T) {
	parts := newStory().hold(0, 10, "b1", "A-1-1").look(15, 17, "A-1-1=HELD").refused(20, 30, "A-1-1", "A-1-1").
		hold(40, 50, "b2", "A-1-1").look(60, 70, "").Parts()
	require.Contains(t, parts[0].Blame(time.Second), "hold A-1-1 → held as b2")
}

func TestAViolationIsDrawn(t *testing.T) {
	parts := newStory().hold(0, 10, "b1", "A-1-1").hold(20, 30, "b2", "A-1-1").Parts()
	require.Len(t, parts, 1)
	path := filepath.Join(t.TempDir(), "history.html")
	require.NoError(t, parts[0].Draw(path, time.Second))
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Contains(t, string(content), "hold A-1-1")
}
