package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
)

// query is one of a panel or a rule.
type query struct{ of, expr string }

// readDashboards returns the queries of all panels.
func readDashboards(folder string) (queries []query, err error) {
	files, err := filepath.Glob(filepath.Join(folder, "grafana", "dashboards", "*.json"))
	if err != nil || len(files) == 0 {
		return nil, fmt.Errorf("no dashboards in %s: %w", folder, err)
	}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		var dashboard struct {
			Title  string
			Panels []struct {
				Title   string
				Targets []struct{ Expr string }
			}
		}
		if err := json.Unmarshal(content, &dashboard); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		for _, panel := range dashboard.Panels {
			for _, target := range panel.Targets {
				queries = append(queries, query{dashboard.Title + " / " + panel.Title, target.Expr})
			}
		}
	}
	return queries, nil
}

// selector is a metric, with the labels that it is chosen by.
var selector = regexp.MustCompile(`\b(?:eventra[_:]\w[\w:]*|up)\b(?:\{[^}]*\})?`)

// selectors returns what an alert looks at: the alert itself finds nothing while all is well.
func selectors(alert, expr string) (queries []query) {
	for _, found := range selector.FindAllString(expr, -1) {
		queries = append(queries, query{"alert " + alert, found})
	}
	return queries
}
