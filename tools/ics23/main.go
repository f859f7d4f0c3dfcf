// Checks ICS-23 proofs with the reference implementation, for tests of ours.
//
// It reads one case a line from standard input and writes one verdict a line,
// in the same order, to standard output. A case is four words in hex:
//
//	ROOT KEY VALUE PROOF
//
// VALUE is "-" to ask whether KEY is absent. A verdict is "true" or "false".
package main

import (
	"bufio"
	"encoding/hex"
	"fmt"
	"os"
	"strings"

	ics23 "github.com/cosmos/ics23/go"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "ics23-verify:", err)
		os.Exit(1)
	}
}

func run() error {
	in := bufio.NewScanner(os.Stdin)
	in.Buffer(nil, 16<<20)
	out := bufio.NewWriter(os.Stdout)
	for line := 1; in.Scan(); line++ {
		words := strings.Split(in.Text(), " ")
		if len(words) != 4 {
			return fmt.Errorf("line %d has %d words, not 4: ROOT KEY VALUE PROOF", line, len(words))
		}
		absent := words[2] == "-"
		if absent {
			words[2] = ""
		}
		var data [4][]byte
		for i, word := range words {
			var err error
			if data[i], err = hex.DecodeString(word); err != nil {
				return fmt.Errorf("line %d, word %d: %w", line, i+1, err)
			}
		}
		fmt.Fprintln(out, verify(data[0], data[1], data[2], data[3], absent))
	}
	if err := in.Err(); err != nil {
		return err
	}
	return out.Flush()
}

// verify gives the library's verdict. Some malformed proofs make the library
// panic; that is not an acceptance.
func verify(root, key, value, encoded []byte, absent bool) (accepted bool) {
	defer func() {
		if recover() != nil {
			accepted = false
		}
	}()
	var proof ics23.CommitmentProof
	if proof.Unmarshal(encoded) != nil {
		return false
	}
	if absent {
		return ics23.VerifyNonMembership(ics23.SmtSpec, root, &proof, key)
	}
	return ics23.VerifyMembership(ics23.SmtSpec, root, &proof, key, value)
}
