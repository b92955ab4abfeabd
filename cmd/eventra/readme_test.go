package main

import (
	"context"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/eventra/eventra/cmd/eventra/app"
)

// story returns the commands of the README's story, for a program at another address, and the one of its second window.
func story(t *testing.T, url string) (commands, window string) {
	t.Helper()
	text, err := os.ReadFile("../../README.md")
	require.NoError(t, err)
	_, section, found := strings.Cut(string(text), "\n## The story in curl\n")
	require.True(t, found)
	section, _, _ = strings.Cut(section, "\n## ")
	for _, block := range regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(section, -1) {
		shell := strings.ReplaceAll(block[1], "http://127.0.0.1:8080", url)
		if strings.Contains(shell, "/seats/stream") {
			window = shell
			continue
		}
		commands += shell
	}
	require.NotEmpty(t, window)
	return commands, window
}

// bash runs commands until they end, or until the output has what is wanted.
func bash(t *testing.T, commands, until string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "bash", "-uo", "pipefail", "-c", commands)
	output := &awaited{until: until, found: cancel}
	cmd.Stdout, cmd.Stderr, cmd.WaitDelay = output, output, time.Second
	err := cmd.Run()
	if until == "" {
		require.NoError(t, err, output.String())
	}
	require.Contains(t, output.String(), until)
	return output.String()
}

// awaited is an output that says when it has a text.
type awaited struct {
	strings.Builder
	until string
	found func()
}

func (w *awaited) Write(p []byte) (int, error) {
	n, err := w.Builder.Write(p)
	if w.until != "" && strings.Contains(w.String(), w.until) {
		w.found()
	}
	return n, err
}

// TestREADME_StoryCanBeToldAgain: a newcomer who tries it twice reads the same twice.
func TestREADME_StoryCanBeToldAgain(t *testing.T) {
	t.Parallel()
	cfg := testConfig(t)
	cfg.AdminEmail, cfg.AdminPassword = "admin@eventra.test", "demo-admin-password"
	p := startWith(t, cfg)
	stores, err := app.OpenStores(t.Context(), cfg, testLogger(t))
	require.NoError(t, err)
	defer stores.Close()
	require.NoError(t, seed(t.Context(), cfg, stores))

	commands, window := story(t, p.url)
	bash(t, window, "event: snapshot")
	for range 2 {
		told := bash(t, commands, "")
		require.Len(t, regexp.MustCompile(`"status": ?[45]\d\d`).FindAllString(told, -1), 1, told)
		require.Regexp(t, `(?s)"status":"HELD".*"seats_unavailable".*"status":"SUCCEEDED".*"status":"CONFIRMED".*"status":"EXPIRED".*"status":"REFUNDED"`, told)
		require.NotContains(t, told, "command not found")
		for line := range strings.SplitSeq(told, "\n") {
			require.Less(t, len(line), 700, "a line that nobody reads")
		}
		event := p.must(200, "GET", "/events/"+demoPublishedID.String(), "", nil)
		require.EqualValues(t, 120, event.body["holdSeconds"], "as it was")
		counts := p.must(200, "GET", "/events/"+demoPublishedID.String()+"/availability", "", nil)
		require.Equal(t, counts.body["total"], counts.body["available"])
	}
}

// TestStep_SaysWhatMatters: the first build downloads hundreds of modules, and a newcomer sees one line.
func TestStep_SaysWhatMatters(t *testing.T) {
	t.Parallel()
	said := bash(t, `../../scripts/step 'Building it' sh -c 'echo "go: downloading x v1"; echo "a warning" >&2'`, "")
	require.Regexp(t, `^Building it: \d+ s\na warning\n$`, said)
	said = bash(t, `../../scripts/step -q 'Installing it' sh -c 'echo "Unpacking x"; echo "a warning" >&2'`, "")
	require.Regexp(t, `^Installing it: \d+ s\n$`, said)
	said = bash(t, `../../scripts/step -q 'Building it badly' sh -c 'echo "go: downloading x v1"; echo "no such file"; exit 7'; test $? = 7`, "")
	require.Regexp(t, `^Building it badly: failed after \d+ s; /\S+/bin/logs/Building-it-badly.log has all that it said\nno such file\n$`, said)
}
