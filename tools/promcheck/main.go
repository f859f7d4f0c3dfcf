// Reads what config/ gives to Prometheus and Grafana with Prometheus's own parsers, and prints it as JSON.
//
//	promcheck rules FILE   the alert rules of a file, each with the metrics its expression names
//	promcheck yaml FILE    any YAML file
//	promcheck fire FILE    for a JSON scene on standard input, the alerts of a file that it sets off
//	promcheck metrics      for a JSON list of expressions on standard input, the metrics each names
//
// It ends with 1 and a sentence at the first thing that is wrong.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql/parser"
	"gopkg.in/yaml.v3"
)

type rule struct {
	Alert       string            `json:"alert"`
	Expr        string            `json:"expr"`
	For         string            `json:"for"`
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations"`
	Metrics     []string          `json:"metrics"`
}

func main() {
	found, err := run(os.Args[1:])
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(found)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(args []string) (any, error) {
	switch {
	case len(args) == 2 && args[0] == "rules":
		return rules(args[1])
	case len(args) == 2 && args[0] == "yaml":
		return anyYAML(args[1])
	case len(args) == 2 && args[0] == "fire":
		return firing(args[1], os.Stdin)
	case len(args) == 1 && args[0] == "metrics":
		return expressions(os.Stdin)
	}
	return nil, fmt.Errorf("usage: promcheck rules FILE | yaml FILE | fire FILE | metrics")
}

func rules(path string) ([]rule, error) {
	groups, errs := rulefmt.ParseFile(path) // expressions, durations and templates of annotations included
	if len(errs) > 0 {
		return nil, errs[0]
	}
	var found []rule
	for _, group := range groups.Groups {
		for _, each := range group.Rules {
			names, err := metrics(each.Expr.Value)
			if err != nil {
				return nil, err
			}
			found = append(found, rule{
				each.Alert.Value, each.Expr.Value, each.For.String(), each.Labels, each.Annotations, names,
			})
		}
	}
	return found, nil
}

func anyYAML(path string) (any, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var found any
	return found, yaml.Unmarshal(text, &found)
}

func expressions(from io.Reader) ([][]string, error) {
	var texts []string
	if err := json.NewDecoder(from).Decode(&texts); err != nil {
		return nil, err
	}
	found := make([][]string, 0, len(texts))
	for _, text := range texts {
		names, err := metrics(text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", text, err)
		}
		found = append(found, names)
	}
	return found, nil
}

// metrics returns the names of the series that an expression selects, each once.
func metrics(text string) ([]string, error) {
	expr, err := parser.ParseExpr(text)
	if err != nil {
		return nil, err
	}
	names := []string{}
	parser.Inspect(expr, func(node parser.Node, _ []parser.Node) error {
		if selector, is := node.(*parser.VectorSelector); is {
			for _, matcher := range selector.LabelMatchers {
				if matcher.Name == labels.MetricName && !slices.Contains(names, matcher.Value) {
					names = append(names, matcher.Value)
				}
			}
		}
		return nil
	})
	return names, nil
}
