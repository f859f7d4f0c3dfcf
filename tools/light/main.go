// Judges headers with CometBFT's own light client, for tests of ours.
//
// It reads one case a line from standard input and writes one verdict a line,
// in the same order, to standard output. A case is a JSON object:
//
//	{"trusted": BLOCK, "new": BLOCK, "now": "RFC 3339", "period": SECONDS, "level": [1, 3]}
//
// A BLOCK has "signed_header" and "validators" as CometBFT's RPC writes them. A
// verdict is "ok", "trust" if the trusted validators have signed too little, or
// "refused" and the reason.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"time"

	cmtjson "github.com/cometbft/cometbft/libs/json"
	cmtmath "github.com/cometbft/cometbft/libs/math"
	"github.com/cometbft/cometbft/light"
	"github.com/cometbft/cometbft/types"
)

type block struct {
	SignedHeader json.RawMessage `json:"signed_header"`
	Validators   json.RawMessage `json:"validators"`
}

type kase struct {
	Trusted block     `json:"trusted"`
	New     block     `json:"new"`
	Now     time.Time `json:"now"`
	Period  int64     `json:"period"`
	Level   [2]uint64 `json:"level"`
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "light-verify:", err)
		os.Exit(1)
	}
}

func run() error {
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 16<<20)
	out := bufio.NewWriter(os.Stdout)
	for in.Scan() {
		var one kase
		if err := json.Unmarshal(in.Bytes(), &one); err != nil {
			return err
		}
		fmt.Fprintln(out, verdict(one))
	}
	if err := in.Err(); err != nil {
		return err
	}
	return out.Flush()
}

// verdict gives the library's. Some malformed blocks make the library panic;
// that is not an acceptance.
func verdict(one kase) (word string) {
	defer func() {
		if cause := recover(); cause != nil {
			word = fmt.Sprintf("refused panic: %v", cause)
		}
	}()
	trusted, trustedSet, err := parse(one.Trusted)
	if err != nil {
		return fmt.Sprintf("refused %q", err)
	}
	header, set, err := parse(one.New)
	if err != nil {
		return fmt.Sprintf("refused %q", err)
	}
	period := time.Duration(one.Period) * time.Second
	level := cmtmath.Fraction{Numerator: one.Level[0], Denominator: one.Level[1]}
	err = light.Verify(trusted, trustedSet, header, set, period, one.Now, 10*time.Second, level)
	switch err.(type) {
	case nil:
		return "ok"
	case light.ErrNewValSetCantBeTrusted:
		return "trust"
	default:
		return fmt.Sprintf("refused %q", err)
	}
}

func parse(raw block) (*types.SignedHeader, *types.ValidatorSet, error) {
	header := new(types.SignedHeader)
	if err := cmtjson.Unmarshal(raw.SignedHeader, header); err != nil {
		return nil, nil, err
	}
	var validators []*types.Validator
	if err := cmtjson.Unmarshal(raw.Validators, &validators); err != nil {
		return nil, nil, err
	}
	set, err := types.ValidatorSetFromExistingValidators(validators)
	return header, set, err
}
