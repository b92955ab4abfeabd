package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/eventra/eventra/test/harness"
	"github.com/eventra/eventra/test/instance"
	"github.com/eventra/eventra/test/process"
)

// prometheus is a server that scrapes the instances each second.
type prometheus struct {
	address string
	cmd     *exec.Cmd
	log     bytes.Buffer // complete when the process has ended
	folder  string
	client  http.Client
}

const configuration = `global: {scrape_interval: 1s, evaluation_interval: 1s}
rule_files: [%q]
scrape_configs: [{job_name: eventra, static_configs: [{targets: [%s]}]}]
`

// startPrometheus starts a server with the rules of a folder.
func startPrometheus(ctx context.Context, rules, logs string, c *harness.Cluster) (*prometheus, error) {
	rules, err := filepath.Abs(filepath.Join(rules, "rules.yml"))
	if err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp(logs, "prometheus-")
	if err != nil {
		return nil, err
	}
	var targets []string
	for _, i := range c.Instances {
		targets = append(targets, fmt.Sprintf("%q", i.HTTPAddress))
	}
	config := filepath.Join(folder, "prometheus.yml")
	if err := os.WriteFile(config, fmt.Appendf(nil, configuration, rules, strings.Join(targets, ", ")), 0o600); err != nil {
		return nil, err
	}
	free, err := instance.FreeAddresses(1)
	if err != nil {
		return nil, err
	}
	p := &prometheus{address: free[0], folder: folder, client: http.Client{Timeout: 5 * time.Second}}
	p.cmd = exec.CommandContext(ctx, "prometheus", "--config.file="+config, "--storage.tsdb.path="+filepath.Join(folder, "data"),
		"--web.listen-address="+p.address)
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	p.cmd.Stdout, p.cmd.Stderr = &p.log, &p.log
	return p, process.Start(p.cmd)
}

func (p *prometheus) stop() {
	_ = p.cmd.Process.Kill()
	_ = p.cmd.Wait() // it was killed
	_ = os.RemoveAll(p.folder)
}

// explain ends the server and returns what it has written.
func (p *prometheus) explain() error {
	p.stop()
	return errors.New(p.log.String())
}

// ask decodes the data of an answer.
func (p *prometheus) ask(path string, parameters url.Values, data any) error {
	response, err := p.client.Get("http://" + p.address + path + "?" + parameters.Encode())
	if err != nil {
		return err
	}
	defer response.Body.Close()
	var answer struct {
		Status, Error string
		Data          json.RawMessage
	}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		return err
	}
	if answer.Status != "success" {
		return errors.New(answer.Error)
	}
	return json.Unmarshal(answer.Data, data)
}

// rules returns the queries of the rules that the server has loaded.
func (p *prometheus) rules() (queries []query, err error) {
	var loaded struct {
		Groups []struct {
			Rules []struct{ Name, Query, Type string }
		}
	}
	if err := p.ask("/api/v1/rules", nil, &loaded); err != nil {
		return nil, err
	}
	for _, group := range loaded.Groups {
		for _, rule := range group.Rules {
			if rule.Type == "alerting" {
				queries = append(queries, selectors(rule.Name, rule.Query)...)
			} else {
				queries = append(queries, query{"rule " + rule.Name, rule.Query}, query{"recorded", rule.Name})
			}
		}
	}
	return queries, nil
}

// withoutData returns those queries that find no number.
func (p *prometheus) withoutData(queries []query) (missing []query) {
	for _, q := range queries {
		var found struct{ Result []struct{ Value [2]any } }
		err := p.ask("/api/v1/query", url.Values{"query": {q.expr}}, &found)
		if err != nil {
			q.of += ": " + err.Error()
		}
		numbers := 0
		for _, series := range found.Result {
			if series.Value[1] != "NaN" {
				numbers++
			}
		}
		if numbers == 0 {
			missing = append(missing, q)
		}
	}
	return missing
}
