//! A publish that is killed leaves a whole book, and the next one finishes it.
//! Knows editions, stops and the judge.

use std::collections::BTreeMap;

use anyhow::{Context, Result, ensure};

use super::site::Site;
use crate::book::Edition;
use crate::relay::Stop;
use crate::whole::judge;

/// Goes from one edition to the other and back, killed each time at another request, before or after it takes effect. The
/// points are spread over the whole publish: one at random in each of `kills` equal parts.
pub fn kills(site: &Site<'_>, editions: [&Edition; 2], kills: usize, seed: u64) -> Result<String> {
    let mut random = Random(seed);
    // How many requests each direction takes when nobody disturbs it.
    let mut lengths = [0; 2];
    for (index, length) in lengths.iter_mut().enumerate() {
        *length = site.publish(editions[1 - index], None)?.requests.len();
    }
    let mut places = Vec::new();
    for number in 0..kills {
        let direction = number % 2;
        let (before, after) = (editions[direction], editions[1 - direction]);
        let length = lengths[direction];
        let (from, to) = (length * number / kills, length * (number + 1) / kills);
        let at = 1 + from + random.below(to - from);
        let stop = Stop { at, takes_effect: random.below(2) == 1 };
        let place = || format!("{}번째, {stop:?}, {length}번 가운데 (씨앗 {seed})", number + 1);
        let run = site.publish(after, Some(stop)).with_context(place)?;
        ensure!(run.killed, "{}: 끊기기 전에 끝났다", place());
        let objects = site.objects()?;
        let stored: BTreeMap<_, _> =
            objects.iter().map(|(name, object)| (name.as_str(), object.content.as_slice())).collect();
        judge(&stored, &before.files, &after.files).with_context(place)?;
        site.publish(after, None).with_context(place)?;
        finished(site, after).with_context(place)?;
        places.push(format!("{at}{}", if stop.takes_effect { "+" } else { "-" }));
    }
    let points = places.join(" ");
    Ok(format!(
        "{kills}번 끊었고 늘 온전했다. 요청 {lengths:?}번 가운데 끊은 자리 (+는 그 요청까지 듣는다): {points}"
    ))
}

/// Every file of the edition is there; what more there is, is an asset that an open page may still ask for.
fn finished(site: &Site<'_>, edition: &Edition) -> Result<()> {
    let objects = site.objects()?;
    for (name, content) in &edition.files {
        ensure!(objects.get(name).is_some_and(|object| object.content == *content), "{name}이 새것이 아니다");
    }
    let more = objects.keys().filter(|name| !edition.files.contains_key(*name));
    let wrong: Vec<_> = more.filter(|name| name.ends_with(".html")).collect();
    ensure!(wrong.is_empty(), "새 판에 없는 페이지가 남았다: {wrong:?}");
    Ok(())
}

/// SplitMix64 (Steele, Lea, Flood 2014): the same points for the same seed.
struct Random(u64);

impl Random {
    /// A number below `bound`; 0 for a bound of 0.
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        bits ^= bits >> 31;
        let bound = u64::try_from(bound.max(1)).unwrap_or(u64::MAX);
        usize::try_from(bits % bound).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_is_a_sequence() {
        let draw = |seed| {
            let mut random = Random(seed);
            [0; 8].map(|_| random.below(100))
        };
        assert_eq!(draw(1), draw(1));
        assert_ne!(draw(1), draw(2));
        assert_eq!(Random(1).below(0), 0);
    }
}
