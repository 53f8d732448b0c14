//! RSA keys that a widespread smartcard library made so that they can be taken apart (CVE-2017-15361, "ROCA").

/// Whether a modulus, big-endian, has the fingerprint of such a key (Nemec et al., "The Return of Coppersmith's Attack", CCS 2017,
/// section 2).
///
/// Each prime of it is `k * M + (65537^a mod M)`, with M the product of the first 126 primes at least where the modulus has 2048 bits or
/// more. So modulo each of those primes the modulus is a power of 65537. About two thirds of them have numbers that are none: any other
/// key passes with a chance of 2^-150.
pub(super) fn is_factorable(modulus: &[u8]) -> bool {
    // 65537 and the modulus are odd: 2 tells nothing.
    (3..=LARGEST).filter(|number| is_prime(*number)).all(|prime| is_power_of_65537(remainder(modulus, prime), prime))
}

const BASE: u32 = 65_537;
/// The 126th prime.
const LARGEST: u32 = 701;

fn is_prime(number: u32) -> bool {
    (2..number).all(|divisor| number.checked_rem(divisor) != Some(0))
}

fn remainder(modulus: &[u8], prime: u32) -> u32 {
    modulus.iter().fold(0, |rest: u32, byte| ((rest << 8) | u32::from(*byte)).checked_rem(prime).unwrap_or(0))
}

/// Whether the discrete logarithm of `value` to the base 65537 exists: by trying, since the group is small.
fn is_power_of_65537(value: u32, prime: u32) -> bool {
    let next = |power: &u32| power.saturating_mul(BASE.checked_rem(prime)?).checked_rem(prime);
    std::iter::successors(Some(1), |power| next(power).filter(|next| *next != 1)).any(|power| power == value)
}

/// Made for this test as the library made them, of two primes of 1024 bits.
#[cfg(test)]
pub(super) const FACTORABLE: &str = "pVQJpxuuJtlH0pU1A9-ijn_DScWezVmtIKOZpMwk-BcYg5YcqlvCTLAw3Rr2vybwqE9fkrlzw8C8T_eVKOjKx7YWqR7WAQIRHL4Non8BCxqd8u67aGIwZ5kLAjqFn610fkNcLtFdt34SQlP4pqSod99a1FF_C1SXvpf2tK4Gvg-Z_NFKkvk7CTxUob_9q6nw-tqxxtu0I9gCoJRP2VAi9jxUvO19bcn-ralS_WIrlyiNXK4lXxcqq6O1eiGyjgziR7JYFDZgtOzp0TCEAZET0ThvkdVIXNOIgxwy11_L7aaRXS75BFLIoTW4_4a1U91QE7y0Eb6IgH73-6ro_N47CQ";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jose::base64url;

    /// V44
    #[test]
    fn a_modulus_of_the_library_is_known_and_its_neighbours_are_not() {
        let modulus = base64url::decode(FACTORABLE).expect("base64url");
        assert!(is_factorable(&modulus));
        for changed in 0..modulus.len() {
            let mut other = modulus.clone();
            other[changed] ^= 2;
            assert!(!is_factorable(&other), "byte {changed}");
        }
    }

    /// As a property of numbers: what divides M divides no such modulus, and 126 primes are looked at.
    #[test]
    fn the_primes_are_those_of_m() {
        let primes: Vec<u32> = (2..=LARGEST).filter(|number| is_prime(*number)).collect();
        assert_eq!((primes.len(), primes.first(), primes.last()), (126, Some(&2), Some(&701)));
        assert!(primes.iter().skip(1).all(|prime| !is_power_of_65537(0, *prime) && is_power_of_65537(1, *prime)));
    }
}
