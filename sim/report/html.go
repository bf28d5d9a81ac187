package report

import (
	"bytes"
	_ "embed" // the template and the style of a page
	"fmt"
	"html/template"
	"io"

	"github.com/reckon-engine/reckon/sim/report/internal/plot"
)

//go:embed page.html
var runTemplate string

//go:embed many.html
var manyTemplate string

//go:embed style.css
var pageStyle string

// pages are the templates of all pages.
var pages = template.Must(template.Must(template.New("report").Funcs(template.FuncMap{
	"style": func() template.CSS { return template.CSS(plot.Style + pageStyle) },
	"plain": plot.Plain,
}).Parse(runTemplate)).Parse(manyTemplate))

// write fills a template. Nothing is written if that fails.
func write(w io.Writer, name string, data any) error {
	var b bytes.Buffer
	if err := pages.ExecuteTemplate(&b, name, data); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	_, err := w.Write(b.Bytes())
	return err
}

// A figure is a plot on a page.
type figure struct {
	Title, Caption string
	SVG            template.HTML
}

// A drawing is anything of package plot.
type drawing interface {
	SVG(id string) []byte
}

// A gallery numbers the plots of one page, so that their ids are unique.
type gallery struct{ n int }

func (g *gallery) hang(title, caption string, d drawing) figure {
	g.n++
	// The SVG is made by package plot, which escapes every text in it.
	return figure{plot.Plain(title), caption, template.HTML(d.SVG(fmt.Sprintf("p%d", g.n)))}
}

// A fact is a small figure with a name.
type fact struct{ Name, Value string }

// A verdict is the first thing a reader wants to know.
type verdict struct {
	Pass bool
	Text string
}
