package network

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"strings"
)

// Testbed is a private network: nodes, each in a network namespace, and the host,
// on one bridge. The bridge has a namespace of its own, out of reach of the
// host's packet filter.
type Testbed struct {
	Gateway string // the host's address in the testbed
	Nodes   []*Node

	name       string
	undo       [][]string // arguments of ip
	forwarders []*Forwarder
}

// Node is a network namespace with an address.
type Node struct {
	Address   string
	namespace string
}

// Open makes a testbed of n nodes.
func Open(n int) (*Testbed, error) {
	if os.Geteuid() != 0 {
		return nil, errors.New("network namespaces need root")
	}
	for _, program := range []string{"ip", "iptables"} {
		if _, err := exec.LookPath(program); err != nil {
			return nil, fmt.Errorf("network namespaces need the program %s: %w", program, err)
		}
	}
	prefix, err := freeNetwork()
	if err != nil {
		return nil, err
	}
	t := &Testbed{name: fmt.Sprintf("ev%05d", os.Getpid()%100_000), Gateway: prefix + ".254"}
	if err := t.build(prefix, n); err != nil {
		return nil, errors.Join(err, t.Close())
	}
	return t, nil
}

func (t *Testbed) build(prefix string, n int) error {
	hub, host := t.name+"-hub", t.name+"-host"
	if err := t.addNamespace(hub); err != nil {
		return err
	}
	for _, line := range []string{
		"-n " + hub + " link add testbed type bridge",
		"-n " + hub + " link set testbed up",
		"link add " + host + " type veth peer name host netns " + hub,
		"-n " + hub + " link set host master testbed up",
		"addr add " + t.Gateway + "/24 dev " + host,
		"link set " + host + " up",
	} {
		if err := ip(line); err != nil {
			return err
		}
	}
	for i := 1; i <= n; i++ {
		node := &Node{Address: fmt.Sprintf("%s.%d", prefix, i), namespace: fmt.Sprintf("%s-%d", t.name, i)}
		if err := t.addNamespace(node.namespace); err != nil {
			return err
		}
		for _, line := range []string{
			fmt.Sprintf("-n %s link add eth0 type veth peer name node%d netns %s", node.namespace, i, hub),
			fmt.Sprintf("-n %s link set node%d master testbed up", hub, i),
			fmt.Sprintf("-n %s addr add %s/24 dev eth0", node.namespace, node.Address),
			fmt.Sprintf("-n %s link set lo up", node.namespace),
			fmt.Sprintf("-n %s link set eth0 up", node.namespace),
		} {
			if err := ip(line); err != nil {
				return err
			}
		}
		t.Nodes = append(t.Nodes, node)
	}
	return nil
}

// addNamespace makes a namespace. Deleting it deletes the interfaces in it.
func (t *Testbed) addNamespace(name string) error {
	err := ip("netns add " + name)
	if err == nil {
		t.undo = append(t.undo, []string{"netns", "del", name})
	}
	return err
}

// Forward makes a loopback server of the host reachable from the nodes, and
// returns its address there.
func (t *Testbed) Forward(target string) (string, error) {
	f, err := Forward(t.Gateway+":0", target)
	if err != nil {
		return "", err
	}
	t.forwarders = append(t.forwarders, f)
	return f.Address(), nil
}

// Close deletes the testbed. The processes in it must have ended.
func (t *Testbed) Close() (err error) {
	for _, f := range t.forwarders {
		f.Close()
	}
	for _, args := range t.undo {
		out, e := exec.Command("ip", args...).CombinedOutput()
		if e != nil {
			err = errors.Join(err, fmt.Errorf("ip %s: %w: %s", strings.Join(args, " "), e, out))
		}
	}
	return err
}

// freeNetwork finds a /24 network that no interface of the host is in, and
// returns its first three octets.
func freeNetwork() (string, error) {
	taken, err := net.InterfaceAddrs()
	if err != nil {
		return "", err
	}
	for range 100 {
		prefix := fmt.Sprintf("10.%d.%d", 200+rand.IntN(50), rand.IntN(256))
		ours := netip.MustParsePrefix(prefix + ".0/24")
		free := true
		for _, address := range taken {
			if other, err := netip.ParsePrefix(address.String()); err == nil && other.Overlaps(ours) {
				free = false
			}
		}
		if free {
			return prefix, nil
		}
	}
	return "", errors.New("no network is free for the nodes")
}

func ip(line string) error {
	out, err := exec.Command("ip", strings.Fields(line)...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("ip %s: %w: %s", line, err, out)
	}
	return nil
}
