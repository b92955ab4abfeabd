package report

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func sample() *Report {
	r := New(map[string]any{"runs": 2})
	r.Rates = []Rate{{"keyed", "256 connections", "plain", "accepted", 1234.5, 1, 2, 3, 2}}
	r.Ratios = []Ratio{{"keyed", "256 connections", "a|b", "<plain> & \"more\"", 0.66, []float64{0.5, 0.82}}, {"hold", "x", "eventra", "reference", 7, nil}}
	r.Failures = []string{"a line\nand another"}
	return r
}

func TestReport_WritesAllFiles(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "new")
	require.NoError(t, sample().Write(folder))
	content, err := os.ReadFile(filepath.Join(folder, "results.json"))
	require.NoError(t, err)
	var read Report
	require.NoError(t, json.Unmarshal(content, &read))
	require.Equal(t, sample().Ratios, read.Ratios)
	require.Positive(t, read.Machine.CPUs)
	for _, name := range []string{"results.md", "chart.svg"} {
		require.FileExists(t, filepath.Join(folder, name))
	}
}

func TestReport_Markdown_HasARowForEachFigure(t *testing.T) {
	text := sample().Markdown()
	require.Contains(t, text, `| keyed | 256 connections: a\|b / <plain> & "more" | **0.66** | [0.50 0.82] |`)
	require.Contains(t, text, "| keyed | 256 connections: plain | 1234 accepted | 1.0 | 2.0 | 3.0 | 2 |")
	require.Contains(t, text, "FAILED: a line and another\n")
}

func TestChart_IsWellFormed(t *testing.T) {
	for _, ratios := range [][]Ratio{nil, sample().Ratios} {
		chart := Chart(ratios)
		decoder := xml.NewDecoder(strings.NewReader(chart))
		bars := 0
		for {
			token, err := decoder.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			require.NoError(t, err, chart)
			if start, ok := token.(xml.StartElement); ok && start.Name.Local == "rect" {
				bars++
			}
		}
		require.Equal(t, len(ratios), bars)
		require.Contains(t, chart, "prefers-color-scheme: dark")
	}
}
