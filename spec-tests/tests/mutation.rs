//! The corpus can fail: matchers that are wrong on purpose, each in one way that a real implementation was, answer it.

#![allow(clippy::unwrap_used, reason = "clippy allows it only in functions marked as tests")]

mod mutant;

use mutant::{Fault, Mutant};
use spec_tests::{run, worlds};

/// The matcher without a fault agrees with every case: what the others get wrong is the fault, not the matcher.
#[test]
fn a_matcher_without_a_fault_passes() {
    let report = run(&worlds().unwrap(), &mut Mutant { fault: None });
    println!("control: {report}");
    assert!(report.ran >= 600 && report.failures.is_empty(), "{report}");
}

#[test]
fn every_fault_is_caught() {
    let worlds = worlds().unwrap();
    let mut missed = Vec::new();
    for fault in Fault::ALL {
        let report = run(&worlds, &mut Mutant { fault: Some(*fault) });
        println!("{fault:?}: {} cases notice", report.failures.len());
        if report.failures.is_empty() {
            missed.push(*fault);
        }
    }
    assert!(missed.is_empty(), "no case notices {missed:?}");
}
