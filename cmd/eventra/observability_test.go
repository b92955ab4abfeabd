package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const observability, runbooks = "../../deploy/observability/", "../../docs/runbooks/"

var (
	exposedSeries   = regexp.MustCompile(`(?m)^(\w+)(?:\{(.*)\})? `)
	exposedLabel    = regexp.MustCompile(`(\w+)="((?:[^"\\]|\\.)*)"`)
	namedMetric     = regexp.MustCompile(`\b((?:eventra|go|process)_\w+)(?:\{([^}]*)\})?`)
	namedMatcher    = regexp.MustCompile(`(\w+)(=~|!~|!=|=)"([^"]*)"`)
	namedRecord     = regexp.MustCompile(`\beventra:[\w:]+`)
	namedGrouping   = regexp.MustCompile(`\bby \(([^)]*)\)`)
	recordedRule    = regexp.MustCompile(`(?m)^ +- record: (\S+)`)
	quotedLines     = regexp.MustCompile("\\blog(?:'s lines?)? \\(?`([^`]+)`(?:(?:,| and| or)+ `([^`]+)`)?")
	composeVariable = regexp.MustCompile(`\$\{(\w+)`)
	definedAlert    = regexp.MustCompile(`(?m)^ +- alert: (\S+)`)
	ruleComment     = regexp.MustCompile(`(?m)#.*$`)
	addedByPromQL   = []string{"le", "instance", "job", "alertstate", "alertname"}
	addedByProcess  = "eventra_log_lines_dropped_total" // of the log, which tests have of their own
	runbookAddress  = "https://github.com/eventra/eventra/blob/main/docs/runbooks/"
)

func read(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(content)
}

// observed returns what the rules and the panels of the dashboards ask for.
func observed(t *testing.T) (queries []string) {
	t.Helper()
	queries = append(queries, ruleComment.ReplaceAllString(read(t, observability+"rules.yml"), ""))
	dashboards, err := filepath.Glob(observability + "grafana/dashboards/*.json")
	require.NoError(t, err)
	require.NotEmpty(t, dashboards)
	for _, file := range dashboards {
		var dashboard struct {
			Panels []struct{ Targets []struct{ Expr string } }
		}
		require.NoError(t, json.Unmarshal([]byte(read(t, file)), &dashboard))
		for _, panel := range dashboard.Panels {
			for _, target := range panel.Targets {
				queries = append(queries, target.Expr)
			}
		}
	}
	return queries
}

// requireNamed checks that the program has each metric, and each label and value of it, that the
// rules and dashboards name.
func requireNamed(t *testing.T, exposition string) {
	t.Helper()
	values := map[string]map[string][]string{} // by metric and label
	var labels []string
	for _, series := range exposedSeries.FindAllStringSubmatch(exposition, -1) {
		if values[series[1]] == nil {
			values[series[1]] = map[string][]string{}
		}
		for _, label := range exposedLabel.FindAllStringSubmatch(series[2], -1) {
			values[series[1]][label[1]] = append(values[series[1]][label[1]], label[2])
			labels = append(labels, label[1])
		}
	}
	recorded := recordedRule.FindAllStringSubmatch(read(t, observability+"rules.yml"), -1)
	for _, query := range observed(t) {
		for _, metric := range namedMetric.FindAllStringSubmatch(query, -1) {
			require.True(t, values[metric[1]] != nil || metric[1] == addedByProcess, "the program has no %s: %s", metric[1], query)
			for _, matcher := range namedMatcher.FindAllStringSubmatch(metric[2], -1) {
				requireMatch(t, values[metric[1]], matcher, query)
			}
		}
		for _, name := range namedRecord.FindAllString(query, -1) {
			require.True(t, slices.ContainsFunc(recorded, func(rule []string) bool { return rule[1] == name }), "%s is not recorded", name)
		}
		for _, grouping := range namedGrouping.FindAllStringSubmatch(query, -1) {
			for label := range strings.SplitSeq(grouping[1], ", ") {
				require.True(t, slices.Contains(addedByPromQL, label) || slices.Contains(labels, label), "no metric has the label %s: %s", label, query)
			}
		}
	}
}

// requireMatch checks that a metric has the label that a matcher is about, and a value that it
// chooses or excludes.
func requireMatch(t *testing.T, values map[string][]string, matcher []string, query string) {
	t.Helper()
	if slices.Contains(addedByPromQL, matcher[1]) {
		return
	}
	require.NotEmpty(t, values[matcher[1]], "no label %s: %s", matcher[1], query)
	if matcher[2] == "=" || matcher[2] == "=~" {
		for alternative := range strings.SplitSeq(matcher[3], "|") {
			require.True(t, slices.Contains(values[matcher[1]], alternative), "%s is never %s: %s", matcher[1], alternative, query)
		}
	}
}

func TestCompose_SettingsAreInItsExample(t *testing.T) {
	t.Parallel()
	example := read(t, "../../.env.example")
	for _, variable := range composeVariable.FindAllStringSubmatch(read(t, "../../docker-compose.yml"), -1) {
		require.Contains(t, example, "\n"+variable[1]+"=")
	}
}

// TestRunbooks_QuoteTheLog: whoever follows a page searches the log for what it says.
func TestRunbooks_QuoteTheLog(t *testing.T) {
	t.Parallel()
	var program strings.Builder
	for _, pattern := range []string{"actors/*.go", "actors/*/*.go", "circuit/*.go", "payments/*.go", "persistence/*/*.go"} {
		files, err := filepath.Glob("../../" + pattern)
		require.NoError(t, err)
		for _, file := range files {
			program.WriteString(read(t, file))
		}
	}
	pages, err := filepath.Glob(runbooks + "*.md")
	require.NoError(t, err)
	quotes := 0
	for _, page := range pages {
		for _, found := range quotedLines.FindAllStringSubmatch(strings.Join(strings.Fields(read(t, page)), " "), -1) {
			for _, line := range found[1:] {
				if line == "" {
					continue
				}
				_, ofAStore, _ := strings.Cut(line, " ") // "redis is away"
				require.True(t, strings.Contains(program.String(), `"`+line) || strings.Contains(program.String(), `" `+ofAStore+`"`), "%s: %s", page, line)
				quotes++
			}
		}
	}
	require.Greater(t, quotes, 8)
}

func TestAlerts_HaveRunbooks(t *testing.T) {
	t.Parallel()
	rules, examples, index := read(t, observability+"rules.yml"), read(t, observability+"rules_test.yml"), read(t, runbooks+"README.md")
	var alerts []string
	for _, alert := range definedAlert.FindAllStringSubmatch(rules, -1) {
		name := alert[1]
		alerts = append(alerts, name+".md")
		require.Contains(t, rules, "runbook_url: "+runbookAddress+name+".md\n")
		require.Contains(t, examples, "alertname: "+name+"\n", "an example in rules_test.yml")
		require.Contains(t, index, "]("+name+".md)")
		page := read(t, runbooks+name+".md")
		require.True(t, strings.HasPrefix(page, "# "+name+"\n"), name)
		for _, section := range []string{"It means", "Buyers notice", "Look at", "Do", "It ends", "Seen"} {
			require.Contains(t, page, "**"+section, name)
		}
	}
	require.NotEmpty(t, alerts)
	pages, err := filepath.Glob(runbooks + "Eventra*.md")
	require.NoError(t, err)
	for _, page := range pages {
		require.Contains(t, alerts, filepath.Base(page), "a page without its alert")
	}
}
