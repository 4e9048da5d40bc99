//! Halving by the minute, exactly: powers of two by multiplication, since the exponential of one machine's library is not
//! that of another's.

/// 1, as shares are counted.
pub(super) const ONE: i64 = 1 << 30;

/// 2^(-1/2), 2^(-1/4), 2^(-1/8) … in units of 2^-30, rounded down.
const ROOTS: [i64; 16] = [
    759_250_124,
    902_905_650,
    984_625_593,
    1_028_218_693,
    1_050_733_750,
    1_062_175_491,
    1_067_942_999,
    1_070_838_486,
    1_072_289_172,
    1_073_015_252,
    1_073_378_476,
    1_073_560_134,
    1_073_650_975,
    1_073_696_398,
    1_073_719_111,
    1_073_730_467,
];

/// The share that is left after `minutes` of what halves in `half_life` minutes: 1 only if no time passed.
pub(super) fn left(minutes: u32, half_life: u32) -> i64 {
    let half_life = u64::from(half_life.max(1));
    let minutes = u64::from(minutes);
    if minutes == 0 {
        return ONE;
    }
    let halvings = minutes / half_life;
    if halvings >= 30 {
        return 0;
    }
    let (mut rest, mut share) = (minutes % half_life, ONE);
    for root in ROOTS {
        rest *= 2;
        if rest >= half_life {
            rest -= half_life;
            share = share * root / ONE;
        }
    }
    (share >> halvings).min(ONE - 1)
}

/// That share of an amount of at most four: rounded towards nought, so that what fades is gone some time.
pub(super) fn share(amount: i64, share: i64) -> i64 {
    amount * share / ONE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roots_are_roots_and_halves_are_halves() {
        let square = |x: i64| share(x, x);
        assert!((square(ROOTS[0]) - ONE / 2).abs() <= 2);
        for pair in ROOTS.windows(2) {
            assert!((square(pair[1]) - pair[0]).abs() <= 2, "{pair:?}");
        }
        assert_eq!((left(0, 10), left(10, 10), left(30, 10)), (ONE, ONE / 2, ONE / 8));
        // 2^-0.3 = 0.8122523963562355
        assert!((left(3, 10) - 872_149_369).abs() < 40_000, "{}", left(3, 10));
        assert_eq!(left(u32::MAX, 1), 0);
        let all: Vec<i64> = (0..4000).map(|minutes| left(minutes, 2880)).collect();
        assert!(all.windows(2).all(|pair| pair[1] <= pair[0]));
        assert!(left(1, 2880) < ONE);
    }
}
