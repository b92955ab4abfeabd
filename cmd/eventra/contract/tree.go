package contract

// tree is a JSON text that may be spoilt anywhere: it can repeat names, and its leaves are
// any bytes.
type tree struct {
	kind    kind
	leaf    string
	names   []string // with their quotes
	members []*tree
}

type kind byte

const (
	leafKind kind = iota
	objectKind
	arrayKind
)

func leaf(text string) *tree { return &tree{leaf: text} }

func (t *tree) add(name string, member *tree) {
	t.names = append(t.names, name)
	t.members = append(t.members, member)
}

func (t *tree) remove(i int) {
	t.names = append(t.names[:i:i], t.names[i+1:]...)
	t.members = append(t.members[:i:i], t.members[i+1:]...)
}

func (t *tree) append(b []byte) []byte {
	if t.kind == leafKind {
		return append(b, t.leaf...)
	}
	open, end := byte('{'), byte('}')
	if t.kind == arrayKind {
		open, end = '[', ']'
	}
	b = append(b, open)
	for i, member := range t.members {
		if i > 0 {
			b = append(b, ',')
		}
		if t.kind == objectKind {
			b = append(append(b, t.names[i]...), ':')
		}
		b = member.append(b)
	}
	return append(b, end)
}

// all returns the tree and everything in it.
func (t *tree) all() []*tree {
	found := []*tree{t}
	for _, member := range t.members {
		found = append(found, member.all()...)
	}
	return found
}
