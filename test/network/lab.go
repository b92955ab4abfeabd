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

// Lab is a private network: nodes, each in a namespace of its own, and the
// host, all on one bridge. The bridge has a namespace too, so that the host's
// own packet filter has no say between the nodes.
type Lab struct {
	Gateway string // the host's address in the lab
	Nodes   []*Node

	name string
	undo [][]string
	over []*Forwarder
}

// Node is a namespace with an address.
type Node struct {
	Address   string
	namespace string
}

// Open makes a lab of n nodes.
func Open(n int) (*Lab, error) {
	if os.Geteuid() != 0 {
		return nil, errors.New("network namespaces take root")
	}
	for _, program := range []string{"ip", "iptables"} {
		if _, err := exec.LookPath(program); err != nil {
			return nil, fmt.Errorf("network namespaces take the program %s: %w", program, err)
		}
	}
	prefix, err := freeNetwork()
	if err != nil {
		return nil, err
	}
	l := &Lab{name: fmt.Sprintf("ev%05d", os.Getpid()%100_000), Gateway: prefix + ".254"}
	if err := l.build(prefix, n); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}

func (l *Lab) build(prefix string, n int) error {
	hub, host := l.name+"-hub", l.name+"-host"
	if err := l.addNamespace(hub); err != nil {
		return err
	}
	for _, line := range []string{
		"-n " + hub + " link add lab type bridge",
		"-n " + hub + " link set lab up",
		"link add " + host + " type veth peer name host netns " + hub,
		"-n " + hub + " link set host master lab up",
		"addr add " + l.Gateway + "/24 dev " + host,
		"link set " + host + " up",
	} {
		if err := ip(line); err != nil {
			return err
		}
	}
	for i := 1; i <= n; i++ {
		node := &Node{Address: fmt.Sprintf("%s.%d", prefix, i), namespace: fmt.Sprintf("%s-%d", l.name, i)}
		if err := l.addNamespace(node.namespace); err != nil {
			return err
		}
		for _, line := range []string{
			fmt.Sprintf("-n %s link add eth0 type veth peer name node%d netns %s", node.namespace, i, hub),
			fmt.Sprintf("-n %s link set node%d master lab up", hub, i),
			fmt.Sprintf("-n %s addr add %s/24 dev eth0", node.namespace, node.Address),
			fmt.Sprintf("-n %s link set lo up", node.namespace),
			fmt.Sprintf("-n %s link set eth0 up", node.namespace),
		} {
			if err := ip(line); err != nil {
				return err
			}
		}
		l.Nodes = append(l.Nodes, node)
	}
	return nil
}

// addNamespace makes a namespace; what is in it goes with it.
func (l *Lab) addNamespace(name string) error {
	err := ip("netns add " + name)
	if err == nil {
		l.undo = append(l.undo, []string{"netns", "del", name})
	}
	return err
}

// Forward makes a loopback server of the host reachable from the nodes, and
// returns its address there.
func (l *Lab) Forward(target string) (string, error) {
	f, err := Forward(l.Gateway+":0", target)
	if err != nil {
		return "", err
	}
	l.over = append(l.over, f)
	return f.Address(), nil
}

// Close takes the lab down. The processes in it have to have ended.
func (l *Lab) Close() (err error) {
	for _, f := range l.over {
		f.Close()
	}
	for _, args := range l.undo {
		out, e := exec.Command("ip", args...).CombinedOutput()
		if e != nil {
			err = errors.Join(err, fmt.Errorf("ip %s: %w: %s", strings.Join(args, " "), e, out))
		}
	}
	return err
}

// freeNetwork finds a /24 that no interface of the host is in, and returns its
// first three numbers.
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
