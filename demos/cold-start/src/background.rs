//! Ticks that go on after the answer: on Lambda a frozen environment's ticks come late, all at once, when the next call thaws it.
//! Knows only time; the handler starts the ticks and reports them in the next answer.

use environment::clock::milliseconds;
use serde::Serialize;
use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};
use tokio::{
    sync::watch,
    task::AbortHandle,
    time::{Instant, sleep_until},
};

/// Time from one tick to the next.
const INTERVAL: Duration = Duration::from_millis(100);

/// One tick, in ms after the answer that started it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Tick {
    /// When it should have come.
    due_ms: u64,
    /// When it came, by the wall clock.
    ticked_ms: f64,
}

/// The ticks of this environment: at most one series at a time, at most twenty ticks in it.
#[derive(Default)]
pub(crate) struct Background {
    series: Mutex<Option<Series>>,
}

struct Series {
    started: Instant,
    planned: u32,
    ticks: Arc<Mutex<Vec<Tick>>>,
    ticked: watch::Receiver<u32>,
    task: AbortHandle,
}

impl Background {
    /// Starts a tick each 100 ms for the given time, beginning now. A series still running ends here.
    pub(crate) fn start(&self, length: Duration) {
        let planned = u32::try_from(length.as_millis() / INTERVAL.as_millis()).unwrap_or(u32::MAX);
        if planned == 0 {
            return;
        }
        let (started, answered) = (Instant::now(), SystemTime::now());
        let ticks = Arc::new(Mutex::new(Vec::new()));
        let (count, ticked) = watch::channel(0);
        let log = Arc::clone(&ticks);
        let task = tokio::spawn(async move {
            for number in 1..=planned {
                let due = INTERVAL * number;
                sleep_until(started + due).await;
                let ticked = answered.elapsed().unwrap_or_default();
                let due_ms = u64::try_from(due.as_millis()).unwrap_or(u64::MAX);
                locked(&log).push(Tick { due_ms, ticked_ms: milliseconds(ticked) });
                count.send_replace(number);
            }
        });
        let series = Series { started, planned, ticks, ticked, task: task.abort_handle() };
        if let Some(old) = locked(&self.series).replace(series) {
            old.task.abort();
        }
    }

    /// The ticks that came since the last report.
    ///
    /// After a thaw this call and the overdue ticks wake together and this one may come first:
    /// it lets those that are due come before it looks.
    pub(crate) async fn report(&self) -> Vec<Tick> {
        let Some((due, mut ticked, ticks)) = locked(&self.series).as_ref().map(|series| {
            let intervals = series.started.elapsed().as_millis() / INTERVAL.as_millis();
            let due = u32::try_from(intervals).unwrap_or(u32::MAX).min(series.planned);
            (due, series.ticked.clone(), Arc::clone(&series.ticks))
        }) else {
            return Vec::new();
        };
        let _ = ticked.wait_for(|ticked| *ticked >= due).await;
        std::mem::take(&mut locked(&ticks))
    }
}

/// A panic while holding one of these locks leaves nothing half-written.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn due(ticks: &[Tick]) -> Vec<u64> {
        ticks.iter().map(|tick| tick.due_ms).collect()
    }

    #[tokio::test(start_paused = true)]
    async fn a_tick_comes_each_100_ms_and_is_reported_once() {
        let background = Background::default();
        assert!(background.report().await.is_empty());

        background.start(Duration::from_millis(350));
        tokio::time::sleep(Duration::from_millis(250)).await;
        assert_eq!(due(&background.report().await), [100, 200]);
        tokio::time::sleep(Duration::from_secs(5)).await;
        assert_eq!(due(&background.report().await), [300]);
        assert!(background.report().await.is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn ticks_overdue_after_a_freeze_come_before_the_report() {
        let background = Background::default();
        background.start(Duration::from_millis(2_000));
        tokio::task::yield_now().await;
        // Time passes and no task runs: what a frozen environment sees.
        tokio::time::advance(Duration::from_secs(60)).await;
        let ticks = background.report().await;
        assert_eq!(due(&ticks), (1..=20).map(|tick| tick * 100).collect::<Vec<_>>());
    }

    #[tokio::test(start_paused = true)]
    async fn a_new_series_ends_the_old_one() {
        let background = Background::default();
        background.start(Duration::from_millis(2_000));
        tokio::time::sleep(Duration::from_millis(150)).await;
        background.start(Duration::from_millis(100));
        tokio::time::sleep(Duration::from_secs(5)).await;
        assert_eq!(due(&background.report().await), [100]);
    }

    #[tokio::test]
    async fn an_unhindered_tick_is_on_time() {
        let background = Background::default();
        background.start(Duration::from_millis(100));
        let series = locked(&background.series).as_ref().map(|series| series.ticked.clone());
        series.unwrap().wait_for(|ticked| *ticked == 1).await.unwrap();
        let ticks = background.report().await;
        assert_eq!(due(&ticks), [100]);
        assert!(ticks[0].ticked_ms >= 99.0, "{ticks:?}");
    }
}
