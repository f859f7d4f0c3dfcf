//! Checks ICS-23 proofs with the Rust implementation, for tests of ours.
//!
//! Reads and writes what tools/ics23 does: one case a line, `ROOT KEY VALUE PROOF` in hex, where VALUE is "-" to
//! ask whether KEY is absent; one verdict a line, "true" or "false".

use std::io::{self, BufRead, Write};

use ics23::{
    smt_spec, verify_membership, verify_non_membership, CommitmentProof, HostFunctionsManager,
};
use prost::Message;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    for line in io::stdin().lock().lines() {
        let line = line?;
        let words: Vec<&str> = line.split(' ').collect();
        let [root, key, value, proof] = words[..] else {
            return Err(format!("a line has {} words, not 4: ROOT KEY VALUE PROOF", words.len()).into());
        };
        let value = if value == "-" { None } else { Some(hex::decode(value)?) };
        let verdict = verify(&hex::decode(root)?, &hex::decode(key)?, value, &hex::decode(proof)?);
        writeln!(out, "{verdict}")?;
    }
    Ok(out.flush()?)
}

fn verify(root: &[u8], key: &[u8], value: Option<Vec<u8>>, proof: &[u8]) -> bool {
    let Ok(proof) = CommitmentProof::decode(proof) else {
        return false;
    };
    let (spec, root) = (smt_spec(), root.to_vec());
    match value {
        Some(value) => {
            verify_membership::<HostFunctionsManager>(&proof, &spec, &root, key, &value)
        }
        None => verify_non_membership::<HostFunctionsManager>(&proof, &spec, &root, key),
    }
}
