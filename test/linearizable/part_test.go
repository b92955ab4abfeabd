package linearizable

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra/test/client"
)

func TestPart_Judge_AcceptsLinearizableHistories(t *testing.T) {
	for name, s := range map[string]*script{
		"one after the other": newScript().hold(0, 10, "b1", "A-1-1").release(20, 30, "b1", 200, "").hold(40, 50, "b2", "A-1-1"),
		"the release took effect before its answer": newScript().
			hold(0, 10, "b1", "A-1-1").release(20, 60, "b1", 200, "").hold(25, 35, "b2", "A-1-1"),
		"refused while the first was being decided": newScript().hold(0, 10, "b1", "A-1-1").refused(5, 12, "A-1-1", "A-1-1"),
		"refused for one of two":                    newScript().hold(0, 10, "b1", "A-1-1").refused(20, 30, "A-1-1 A-1-2", "A-1-1").hold(40, 50, "b2", "A-1-2"),
		"expired, then sold":                        newScript().hold(0, 10, "b1", "A-1-1").hold(5100, 5110, "b2", "A-1-1"),
		"expired late":                              newScript().hold(0, 10, "b1", "A-1-1").refused(9000, 9010, "A-1-1", "A-1-1"),
		"paid in time, and kept": newScript().hold(0, 10, "b1", "A-1-1").pay(4000, 4010, "b1", "tok_ok", 201, "").
			refused(9000, 9010, "A-1-1", "A-1-1").look(9100, 9110, "A-1-1=BOOKED"),
		"declined, held on, released": newScript().hold(0, 10, "b1", "A-1-1").pay(20, 30, "b1", "tok_declined", 402, "payment_declined").
			look(40, 50, "A-1-1=HELD").release(60, 70, "b1", 200, "").look(80, 90, ""),
		"paid too late, the seats sold": newScript().hold(0, 10, "b1", "A-1-1").hold(5100, 5110, "b2", "A-1-1").
			pay(5000, 5200, "b1", "tok_slow_100", 409, "hold_expired"),
		"paid too late, the seats bought once more": newScript().hold(0, 10, "b1", "A-1-1").payLate(4900, 5300, "b1", "b2").
			read(5400, 5410, "b1", "EXPIRED").read(5400, 5410, "b2", "CONFIRMED").refused(5500, 5510, "A-1-1", "A-1-1"),
		"a lost hold had an effect":                        newScript().lost(0, 10, "k1", "A-1-1").refused(20, 30, "A-1-1", "A-1-1"),
		"a lost hold had none":                             newScript().lost(0, 10, "k1", "A-1-1").hold(20, 30, "b2", "A-1-1"),
		"a lost hold had an effect later":                  newScript().lost(0, 10, "k1", "A-1-1").look(20, 30, "").refused(40, 50, "A-1-1", "A-1-1"),
		"a lost hold had an effect, and expired":           newScript().lost(0, 10, "k1", "A-1-1").refused(20, 30, "A-1-1", "A-1-1").hold(5100, 5110, "b2", "A-1-1"),
		"a lost release had an effect":                     newScript().hold(0, 10, "b1", "A-1-1").release(20, 30, "b1", noAnswer, "").hold(40, 50, "b2", "A-1-1"),
		"a lost release had none":                          newScript().hold(0, 10, "b1", "A-1-1").release(20, 30, "b1", 503, "unavailable").refused(40, 50, "A-1-1", "A-1-1"),
		"a lost payment confirmed":                         newScript().hold(0, 10, "b1", "A-1-1").pay(20, 30, "b1", "tok_ok", noAnswer, "").refused(9000, 9010, "A-1-1", "A-1-1").look(9100, 9110, "A-1-1=BOOKED"),
		"a lost payment did not":                           newScript().hold(0, 10, "b1", "A-1-1").pay(20, 30, "b1", "tok_ok", noAnswer, "").hold(5100, 5110, "b2", "A-1-1"),
		"a lost payment bought the seats once more, later": newScript().hold(0, 10, "b1", "A-1-1").pay(4900, 4950, "b1", "tok_ok", 503, "").hold(5100, 5110, "b2", "A-1-1").release(5200, 5210, "b2", 200, "").look(5300, 5310, "A-1-1=BOOKED").end("b1=EXPIRED>b3:A-1-1 b2=CANCELLED:A-1-1 b3=CONFIRMED:A-1-1"),
		"a lost payment bought the seats once more, unseen": newScript().hold(0, 10, "b1", "A-1-1").pay(20, 30, "b1", "tok_ok", 503, "").
			refused(6000, 6010, "A-1-1", "A-1-1").end("b1=EXPIRED>b3:A-1-1 b3=CONFIRMED:A-1-1"),
		"the best ones, and too few of them": newScript().best(0, 10, "b1", "A-1-2 A-1-3").hold(20, 30, "b2", "A-2-1").tooFew(40, 50, 2).
			best(60, 70, "b3", "A-1-1"),
		"a map of a mixed house": newScript().hold(0, 10, "b1", "A-1-1 A-1-2").hold(0, 10, "b2", "A-2-1").pay(20, 30, "b2", "tok_ok", 201, "").
			look(40, 50, "A-1-1=HELD A-1-2=HELD A-2-1=BOOKED"),
		"stored as acknowledged": newScript().hold(0, 10, "b1", "A-1-1").hold(0, 10, "b2", "A-1-2").hold(0, 10, "b3", "A-1-3").lost(0, 10, "k4", "A-1-4").
			pay(20, 30, "b1", "tok_ok", 201, "").release(20, 30, "b2", 200, "").end("b1=CONFIRMED:A-1-1 b2=CANCELLED:A-1-2 b3=EXPIRED:A-1-3 k4=HELD:A-1-4"),
		"paid twice under one key": newScript().hold(0, 10, "b1", "A-1-1").payAgain(20, 30, "b1", "p", noAnswer).read(40, 50, "b1", "CONFIRMED").
			payAgain(60, 70, "b1", "p", 201),
		"a lost hold is not stored": newScript().lost(0, 10, "k1", "A-1-1").hold(20, 30, "b2", "A-1-1").refused(40, 50, "A-1-1", "A-1-1").
			end("b2=HELD:A-1-1"),
		"a lost hold is stored":    newScript().lost(0, 10, "k1", "A-1-1").refused(40, 50, "A-1-1", "A-1-1").end("k1=HELD:A-1-1"),
		"held twice under one key": newScript().lost(0, 10, "b1", "A-1-1").hold(20, 30, "b1", "A-1-1").refused(12, 15, "A-1-1", "A-1-1"),
	} {
		t.Run(name, func(t *testing.T) { require.Equal(t, Linearizable, s.verdict()) })
	}
}

func TestPart_Judge_FindsViolations(t *testing.T) {
	for name, s := range map[string]*script{
		"double booking":                newScript().hold(0, 10, "b1", "A-1-1").hold(20, 30, "b2", "A-1-1"),
		"double booking, at once":       newScript().hold(0, 10, "b1", "A-1-1").hold(0, 10, "b2", "A-1-1"),
		"double booking of one in four": newScript().hold(0, 10, "b1", "A-1-1 A-1-2").hold(0, 30, "b2", "A-1-2 A-1-3"),
		"lost hold":                     newScript().hold(0, 10, "b1", "A-1-1").look(20, 30, ""),
		"lost hold, in the end":         newScript().hold(0, 10, "b1", "A-1-1").end(""),
		"half a hold":                   newScript().hold(0, 10, "b1", "A-1-1 A-1-2").look(20, 30, "A-1-1=HELD"),
		"half a hold, during the request": newScript().lost(0, 90, "k1", "A-1-1 A-1-2").look(20, 30, "A-1-1=HELD").
			look(40, 50, "A-1-1=HELD A-1-2=HELD"),
		"early expiry":                newScript().hold(0, 10, "b1", "A-1-1").hold(4900, 4990, "b2", "A-1-1"),
		"early expiry, read":          newScript().hold(0, 10, "b1", "A-1-1").read(4900, 4990, "b1", "EXPIRED"),
		"early expiry of a lost hold": newScript().lost(0, 10, "k1", "A-1-1").refused(20, 30, "A-1-1", "A-1-1").hold(4000, 4010, "b2", "A-1-1"),
		"false refusal":               newScript().refused(0, 10, "A-1-1", "A-1-1").hold(20, 30, "b1", "A-1-1"),
		"stale refusal":               newScript().hold(0, 10, "b1", "A-1-1").release(20, 30, "b1", 200, "").refused(40, 50, "A-1-1", "A-1-1"),
		"a refusal of two, of which one was free": newScript().hold(0, 10, "b1", "A-1-1").
			refused(20, 30, "A-1-1 A-1-2", "A-1-1 A-1-2").hold(40, 50, "b2", "A-1-2"),
		"refused for one at a time":        newScript().hold(0, 10, "b1", "A-1-1").release(20, 30, "b1", 200, "").hold(40, 50, "b2", "A-1-2").refused(5, 60, "A-1-1 A-1-2", "A-1-1 A-1-2"),
		"confirmed, then sold again":       newScript().hold(0, 10, "b1", "A-1-1").pay(20, 30, "b1", "tok_ok", 201, "").hold(9000, 9010, "b2", "A-1-1"),
		"confirmed, then expired":          newScript().hold(0, 10, "b1", "A-1-1").pay(20, 30, "b1", "tok_ok", 201, "").read(9000, 9010, "b1", "EXPIRED"),
		"confirmed, then released":         newScript().hold(0, 10, "b1", "A-1-1").pay(20, 30, "b1", "tok_ok", 201, "").release(40, 50, "b1", 200, ""),
		"released, then confirmed":         newScript().hold(0, 10, "b1", "A-1-1").release(20, 30, "b1", 200, "").pay(40, 50, "b1", "tok_ok", 201, ""),
		"expired, then confirmed":          newScript().hold(0, 10, "b1", "A-1-1").hold(5100, 5110, "b2", "A-1-1").pay(5200, 5210, "b1", "tok_ok", 201, ""),
		"bought late, while others had it": newScript().hold(0, 10, "b1", "A-1-1").hold(5100, 5110, "b2", "A-1-1").payLate(5200, 5300, "b1", "b3"),
		"bought late, but not expired":     newScript().hold(0, 10, "b1", "A-1-1").payLate(100, 200, "b1", "b3"),
		"declined, and confirmed": newScript().hold(0, 10, "b1", "A-1-1").pay(20, 30, "b1", "tok_declined", 402, "payment_declined").
			look(40, 50, "A-1-1=BOOKED"),
		"too late to pay in good time":    newScript().hold(0, 10, "b1", "A-1-1").pay(100, 110, "b1", "tok_ok", 409, "hold_expired"),
		"already paid, without a payment": newScript().hold(0, 10, "b1", "A-1-1").pay(100, 110, "b1", "tok_ok", 409, "already_paid"),
		"a map that goes back":            newScript().hold(0, 100, "b1", "A-1-1").look(10, 20, "A-1-1=HELD").look(30, 40, ""),
		"a map of a seat that is free":    newScript().look(0, 10, "A-1-1=HELD").hold(20, 30, "b1", "A-1-1"),
		"too few, although there are":     newScript().hold(0, 10, "b1", "A-1-1").tooFew(20, 30, 2),
		"best seats that are taken":       newScript().hold(0, 10, "b1", "A-1-2").best(20, 30, "b2", "A-1-2 A-1-3"),
		"a lost hold has it both ways":    newScript().lost(0, 10, "k1", "A-1-1").refused(20, 30, "A-1-1", "A-1-1").hold(40, 50, "b2", "A-1-1"),
		"released, stored as held":        newScript().hold(0, 10, "b1", "A-1-1").release(20, 30, "b1", 200, "").end("b1=HELD:A-1-1"),
		"held, stored as cancelled":       newScript().hold(0, 10, "b1", "A-1-1").end("b1=CANCELLED:A-1-1"),
		"a lost hold that is stored":      newScript().lost(0, 10, "k1", "A-1-1").hold(20, 30, "b2", "A-1-1").end("k1=HELD:A-1-1 b2=HELD:A-1-1"),
		"refused for what never was":      newScript().lost(0, 10, "k1", "A-1-1").refused(20, 30, "A-1-1", "A-1-1").end(""),
		"paid twice under two keys":       newScript().hold(0, 10, "b1", "A-1-1").payAgain(20, 30, "b1", "p", 201).payAgain(60, 70, "b1", "q", 201),
		"one key, twice the seats":        newScript().lost(0, 10, "b1", "A-1-1").hold(20, 30, "b1", "A-1-1").hold(40, 50, "b2", "A-1-1"),
		"a map stale beyond its request": newScript().hold(0, 10, "b1", "A-1-1").look(20, 30, "A-1-1=HELD").release(40, 50, "b1", 200, "").
			look(60, 70, "A-1-1=HELD"),
	} {
		t.Run(name, func(t *testing.T) { require.Equal(t, Violated, s.verdict()) })
	}
}

func TestHistory_Parts_IgnoresStaleMaps(t *testing.T) {
	s := newScript().hold(0, 10, "b1", "A-1-1").release(40, 50, "b1", 200, "").look(60, 70, "A-1-1=HELD")
	require.Equal(t, Violated, s.verdict())
	s.Stale = func(o *client.Operation) bool { return true }
	require.Equal(t, Linearizable, s.verdict())
}

func TestHistory_Parts_SplitsRowsThatNoHoldJoins(t *testing.T) {
	require.Len(t, newScript().hold(0, 10, "b1", "A-1-1").hold(0, 10, "b2", "A-2-1").Parts(), 2)
	require.Len(t, newScript().hold(0, 10, "b1", "A-1-1 A-2-1").hold(0, 10, "b2", "A-2-2").Parts(), 1)
}

func TestPart_FirstImpossible_NamesTheAnswer(t *testing.T) {
	parts := newScript().hold(0, 10, "b1", "A-1-1").look(15, 17, "A-1-1=HELD").refused(20, 30, "A-1-1", "A-1-1").
		hold(40, 50, "b2", "A-1-1").look(60, 70, "").Parts()
	require.Contains(t, parts[0].FirstImpossible(time.Second), "hold A-1-1 → held as b2")
}

func TestPart_Draw_WritesAPage(t *testing.T) {
	parts := newScript().hold(0, 10, "b1", "A-1-1").hold(20, 30, "b2", "A-1-1").Parts()
	require.Len(t, parts, 1)
	path := filepath.Join(t.TempDir(), "history.html")
	require.NoError(t, parts[0].Draw(path, time.Second))
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Contains(t, string(content), "hold A-1-1")
}
