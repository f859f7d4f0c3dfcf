package main

import (
	"context"
	"encoding/json"
	"io"
	"slices"
	"time"

	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/tsdb/chunks"
	"github.com/prometheus/prometheus/util/annotations"
)

// scene is what Prometheus has scraped, and when it looks at its rules.
type scene struct {
	At     int64    `json:"at"` // seconds
	Series []series `json:"series"`
}

type series struct {
	Labels map[string]string `json:"labels"`
	Points [][2]float64      `json:"points"` // seconds and value, in order
}

// firing returns the alerts of a file whose expressions hold in a scene; how long they must hold is left out.
func firing(path string, from io.Reader) ([]string, error) {
	var given scene
	if err := json.NewDecoder(from).Decode(&given); err != nil {
		return nil, err
	}
	known, err := rules(path)
	if err != nil {
		return nil, err
	}
	engine := promql.NewEngine(promql.EngineOpts{
		MaxSamples: 1 << 20, Timeout: 10 * time.Second, LookbackDelta: 5 * time.Minute,
	})
	found := []string{}
	for _, each := range known {
		holds, err := evaluate(engine, memory(given.Series), each.Expr, time.Unix(given.At, 0))
		if err != nil {
			return nil, err
		}
		if holds {
			found = append(found, each.Alert)
		}
	}
	return found, nil
}

func evaluate(engine *promql.Engine, from storage.Queryable, expr string, at time.Time) (bool, error) {
	query, err := engine.NewInstantQuery(context.Background(), from, nil, expr, at)
	if err != nil {
		return false, err
	}
	defer query.Close()
	result := query.Exec(context.Background())
	if result.Err != nil {
		return false, result.Err
	}
	vector, err := result.Vector()
	return len(vector) > 0, err
}

// memory answers queries from the series of a scene.
func memory(given []series) storage.Queryable {
	return storage.QueryableFunc(func(_, _ int64) (storage.Querier, error) {
		return &storage.MockQuerier{
			SelectMockFunction: func(_ bool, _ *storage.SelectHints, matchers ...*labels.Matcher) storage.SeriesSet {
				found := &list{at: -1}
				for _, each := range given {
					named := labels.FromMap(each.Labels)
					if !slices.ContainsFunc(matchers, func(m *labels.Matcher) bool { return !m.Matches(named.Get(m.Name)) }) {
						found.series = append(found.series, storage.NewListSeries(named, points(each)))
					}
				}
				return found
			},
		}, nil
	})
}

func points(of series) []chunks.Sample {
	found := make([]chunks.Sample, 0, len(of.Points))
	for _, each := range of.Points {
		found = append(found, point{int64(each[0] * 1000), each[1]})
	}
	return found
}

type point struct {
	t int64
	f float64
}

func (p point) T() int64                      { return p.t }
func (p point) F() float64                    { return p.f }
func (p point) H() *histogram.Histogram       { return nil }
func (p point) FH() *histogram.FloatHistogram { return nil }
func (p point) Type() chunkenc.ValueType      { return chunkenc.ValFloat }
func (p point) Copy() chunks.Sample           { return p }

type list struct {
	series []storage.Series
	at     int
}

func (l *list) Next() bool                        { l.at++; return l.at < len(l.series) }
func (l *list) At() storage.Series                { return l.series[l.at] }
func (l *list) Err() error                        { return nil }
func (l *list) Warnings() annotations.Annotations { return nil }
