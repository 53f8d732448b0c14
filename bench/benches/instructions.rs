//! How many instructions a request costs, counted under valgrind.

#![expect(missing_docs, reason = "the macros make public items without documentation")]

use bench::{Case, Prepared};
use gungraun::{Callgrind, LibraryBenchmarkConfig, library_benchmark, library_benchmark_group, main};

#[library_benchmark(setup = Prepared::new)]
#[bench::bare(Case::Bare)]
#[bench::bare_redirect(Case::BareRedirect)]
#[bench::open_page(Case::OpenPage)]
#[bench::end_user(Case::EndUser)]
#[bench::end_user_of_many_claims(Case::EndUserOfManyClaims)]
#[bench::claims(Case::Claims)]
#[bench::many_claims(Case::ManyClaims)]
#[bench::renewal(Case::Renewal)]
#[bench::stranger(Case::Stranger)]
fn ten_requests(prepared: Prepared) -> Prepared {
    prepared.answered()
}

library_benchmark_group!(name = at_the_door, benchmarks = ten_requests);

main!(
    config = LibraryBenchmarkConfig::default().tool(Callgrind::with_args(["--cache-sim=no"])),
    library_benchmark_groups = at_the_door
);
