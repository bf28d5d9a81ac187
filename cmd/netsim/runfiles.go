package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/reckon-engine/reckon/sim/report"
	"github.com/reckon-engine/reckon/sim/result"
	"github.com/reckon-engine/reckon/sim/scenario"
)

// writeFiles writes the report and the tables, if asked for.
func (o *runOptions) writeFiles(s *scenario.Scenario, measured *result.Run) error {
	if o.csv != "" {
		if err := report.CSV(o.csv, measured); err != nil {
			return err
		}
	}
	if o.report == "" {
		return nil
	}
	file, err := os.Create(o.report)
	if err != nil {
		return err
	}
	defer file.Close()
	page := report.Page{Run: measured, About: s.About, Command: o.command(measured), Footer: "netsim run"}
	if text, err := os.ReadFile(s.File); err == nil {
		page.Source = string(text)
	} else if text, ok := scenario.LibraryText(s.File); ok {
		page.Source = string(text)
	}
	if err := report.HTML(file, page); err != nil {
		return err
	}
	return file.Close()
}

// command returns what to type for the same run.
func (o *runOptions) command(measured *result.Run) string {
	name := o.name
	if strings.ContainsAny(name, " '\"$\\") {
		name = "'" + strings.ReplaceAll(name, "'", `'\''`) + "'"
	}
	command := fmt.Sprintf("netsim run %s --seed %d", name, measured.Seed)
	if o.Duration != 0 {
		command += fmt.Sprintf(" --seconds %v", o.Duration.Seconds())
	}
	return command
}
