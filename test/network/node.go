package network

import (
	"fmt"
	"net"
	"os/exec"
	"strings"
)

// Command returns the arguments that run a program inside the node.
func (n *Node) Command() []string { return []string{"ip", "netns", "exec", n.namespace} }

// CutHost drops all packets between the node and a host.
func (n *Node) CutHost(address string) error {
	return n.filter(
		"-A OUTPUT -d "+address+" -j DROP",
		"-A INPUT -s "+address+" -j DROP")
}

// CutServer drops all packets between the node and one server, such as
// 10.200.0.254:5432.
func (n *Node) CutServer(address string) error {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return err
	}
	return n.filter(
		"-A OUTPUT -p tcp -d "+host+" --dport "+port+" -j DROP",
		"-A INPUT -p tcp -s "+host+" --sport "+port+" -j DROP")
}

// Heal undoes all cuts of the node.
func (n *Node) Heal() error { return n.filter("-F") }

func (n *Node) filter(rules ...string) error {
	for _, rule := range rules {
		args := append(n.Command()[1:], append([]string{"iptables", "-w"}, strings.Fields(rule)...)...)
		if out, err := exec.Command("ip", args...).CombinedOutput(); err != nil {
			return fmt.Errorf("iptables %s: %w: %s", rule, err, out)
		}
	}
	return nil
}
