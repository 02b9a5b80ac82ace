//! How often a signature asks the allocator. Not a time, and apart from those: counting costs some.

use std::hint::black_box;

use allocation_counter::measure;
use benches::requests::{SignedRequest, s1, s2};

fn main() {
    let mut table = vec![["row", "allocations"].map(str::to_owned).to_vec()];
    table.push(vec!["---".to_owned(); 2]);
    for (name, request) in [("S1", s1()), ("S2", s2())] {
        for (row, expected, counted) in counted(&request) {
            assert_eq!(counted, expected, "{name} {row}");
            table.push(vec![format!("{name} {row}"), counted.to_string()]);
        }
    }
    println!("oauth1: allocations of one signature\n");
    for line in benches::aligned(&table) {
        println!("{line}");
    }
}

/// What is measured, how many allocations it may be, and how many it is.
fn counted(request: &SignedRequest) -> [(&'static str, u64, u64); 3] {
    let (pairs, token, now) = (request.pairs(), request.token_credentials(), request.now());
    let (method, uri, nonce) = (request.method, request.uri, request.nonce);
    let signer = request.signer();
    let kept = |out: &mut String| {
        signer.authorization_header(method, uri, &pairs, nonce, now, out).expect("a signature");
    };
    let mut reused = String::new();
    kept(&mut reused);
    let count = |work: &mut dyn FnMut()| measure(work).count_total;
    [
        ("header kept key, reused buffer", 0, count(&mut || kept(black_box(&mut reused)))),
        ("header kept key, new text", 1, count(&mut || kept(black_box(&mut String::new())))),
        ("header per call", 1, {
            count(&mut || {
                let header =
                    signer.authorization_header_for(&token, method, uri, &pairs, nonce, now);
                black_box(header.expect("a signature"));
            })
        }),
    ]
}
