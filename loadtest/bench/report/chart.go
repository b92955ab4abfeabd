package report

import (
	"fmt"
	"html"
	"slices"
	"strings"
)

const (
	chartWidth, labelWidth, valueWidth = 900, 420, 60
	barHeight, rowHeight, margin       = 16, 26, 16
)

// style is readable on light and dark pages.
const style = `<style>
text { font: 13px system-ui, sans-serif; fill: #24292f }
.bar { fill: #2f6fce } .low { fill: #6e7781; stroke: #6e7781 } .one { stroke: #8c959f; stroke-dasharray: 3 3 }
@media (prefers-color-scheme: dark) { text { fill: #e6edf3 } .bar { fill: #6ea8fe } .low { stroke: #9ea7b3 } }
</style>`

// Chart returns an SVG with a bar for each ratio, a line from the lowest to the highest
// run, and a mark at 1.
func Chart(ratios []Ratio) string {
	most := 1.0
	for _, r := range ratios {
		most = max(most, r.Median)
		if len(r.Runs) > 0 {
			most = max(most, slices.Max(r.Runs))
		}
	}
	scale := (chartWidth - labelWidth - valueWidth - margin) / most
	height := 2*margin + rowHeight*len(ratios)
	var out strings.Builder
	fmt.Fprintf(&out, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" role="img" aria-label="Ratios">`+"\n%s\n", chartWidth, height, style)
	for i, r := range ratios {
		y := margin + i*rowHeight
		label := html.EscapeString(fmt.Sprintf("%s: %s / %s", r.Scenario, r.Over, r.Under))
		fmt.Fprintf(&out, `<g><title>%s</title><text x="%d" y="%d" text-anchor="end">%s</text>`, html.EscapeString(r.Title), labelWidth-8, y+barHeight-3, label)
		fmt.Fprintf(&out, `<rect class="bar" x="%d" y="%d" width="%.1f" height="%d"/>`, labelWidth, y, r.Median*scale, barHeight)
		end := r.Median
		if len(r.Runs) > 0 {
			end = max(end, slices.Max(r.Runs))
			fmt.Fprintf(&out, `<line class="low" x1="%.1f" x2="%.1f" y1="%d" y2="%d"/>`,
				labelWidth+slices.Min(r.Runs)*scale, labelWidth+end*scale, y+barHeight/2, y+barHeight/2)
		}
		fmt.Fprintf(&out, `<text x="%.1f" y="%d">%.2f</text></g>`+"\n", labelWidth+end*scale+6, y+barHeight-3, r.Median)
	}
	fmt.Fprintf(&out, `<line class="one" x1="%.1f" x2="%.1f" y1="%d" y2="%d"/>`+"\n</svg>\n", labelWidth+scale, labelWidth+scale, margin/2, height-margin/2)
	return out.String()
}
