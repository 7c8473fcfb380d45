//! What a process used, read from `/proc`, and where it may run.

use anyhow::{Context, bail, ensure};
use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Processor time of a process with all its threads, also those that ended.
#[derive(Debug, Clone, Copy, Default)]
pub struct Cpu {
    pub user: Duration,
    pub system: Duration,
}

impl Cpu {
    pub fn since(self, before: Cpu) -> Cpu {
        Cpu { user: self.user.saturating_sub(before.user), system: self.system.saturating_sub(before.system) }
    }

    pub fn total(self) -> Duration {
        self.user + self.system
    }
}

/// What the process `id` has used so far, in steps of 10 ms.
///
/// # Errors
/// It has ended.
pub fn cpu(id: u32) -> anyhow::Result<Cpu> {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).with_context(|| format!("process {id} has ended"))?;
    // The name, in parentheses, may hold anything.
    let fields: Vec<_> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    // Linux tells ticks of a hundredth of a second, whatever the kernel counts by.
    let ticks =
        |at: usize| fields.get(at).and_then(|field| field.parse().ok()).map(|t: u64| Duration::from_millis(t * 10));
    match (ticks(11), ticks(12)) {
        (Some(user), Some(system)) => Ok(Cpu { user, system }),
        _ => bail!("/proc/{id}/stat is not as Linux writes it"),
    }
}

/// The same in steps of a nanosecond, without threads that ended.
///
/// # Errors
/// It has ended.
pub fn fine_cpu(id: u32) -> anyhow::Result<Duration> {
    let mut all = 0;
    for task in fs::read_dir(format!("/proc/{id}/task"))? {
        let line = fs::read_to_string(task?.path().join("schedstat"))?;
        all +=
            line.split(' ').next().and_then(|ran| ran.parse::<u64>().ok()).context("schedstat is not as expected")?;
    }
    Ok(Duration::from_nanos(all))
}

/// Lets the peak of memory begin anew at what is used now.
///
/// # Errors
/// It has ended, or is another user's.
pub fn forget_peak(id: u32) -> anyhow::Result<()> {
    Ok(fs::write(format!("/proc/{id}/clear_refs"), "5")?)
}

/// Most memory that was resident at once, in MiB.
///
/// # Errors
/// It has ended.
pub fn peak_mib(id: u32) -> anyhow::Result<f64> {
    status_mib(id, "VmHWM:")
}

/// Memory that is resident now, in MiB.
///
/// # Errors
/// It has ended.
pub fn resident_mib(id: u32) -> anyhow::Result<f64> {
    status_mib(id, "VmRSS:")
}

fn status_mib(id: u32, field: &str) -> anyhow::Result<f64> {
    let status = fs::read_to_string(format!("/proc/{id}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix(field)).context("Linux tells no such memory")?;
    Ok(line.trim().trim_end_matches(" kB").parse::<f64>()? / 1024.0)
}

/// Whether there are two cores to keep the measured program apart from everything else.
pub fn can_pin() -> bool {
    std::thread::available_parallelism().is_ok_and(|cores| cores.get() >= 2)
        && Command::new("taskset").arg("-V").stdout(Stdio::null()).status().is_ok_and(|status| status.success())
}

/// `program`, to be started on core `core`, where cores are told apart.
pub fn on_core(core: Option<u32>, program: &Path) -> Command {
    match core {
        Some(core) => {
            let mut command = Command::new("taskset");
            command.args(["-c", &core.to_string()]).arg(program);
            command
        }
        None => Command::new(program),
    }
}

/// Moves this process, with all that it starts from now on, to core `core`, and lets it open as many files as it may.
///
/// # Errors
/// The machine does not allow it.
pub fn settle(core: Option<u32>) -> anyhow::Result<()> {
    let id = std::process::id().to_string();
    if let Some(core) = core {
        said(Command::new("taskset").args(["-a", "-p", "-c", &core.to_string(), &id]))?;
    }
    let limits = fs::read_to_string("/proc/self/limits")?;
    let files =
        limits.lines().find_map(|line| line.strip_prefix("Max open files")).context("no limit of open files")?;
    let most = files.split_whitespace().nth(1).context("no hard limit of open files")?;
    said(Command::new("prlimit").args(["--pid", &id, &format!("--nofile={most}:{most}")])).map(drop)
}

/// Does `work` on one thread of core 1, where there are two cores to tell apart; it is told which is left for the program.
///
/// # Errors
/// Those of `work`, or the machine does not allow it.
pub fn apart(work: impl AsyncFnOnce(Option<u32>) -> anyhow::Result<()>) -> anyhow::Result<()> {
    let two = can_pin();
    settle(two.then_some(1))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    tokio::task::LocalSet::new().block_on(&runtime, work(two.then_some(0)))
}

/// What a command printed.
///
/// # Errors
/// It cannot be started or ends badly, with what it said.
pub fn said(command: &mut Command) -> anyhow::Result<String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("{name} cannot be started"))?;
    ensure!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// A program that was started; dropped, it is ended: by SIGTERM, and when that does nothing for ten seconds, at once.
pub struct Running(pub Child);

impl Running {
    pub fn id(&self) -> u32 {
        self.0.id()
    }

    /// Waits until `ready`, looking every millisecond; tells how long it took.
    ///
    /// # Errors
    /// The program ended, or half a minute has passed.
    pub async fn until(&mut self, name: &str, ready: impl AsyncFn() -> bool) -> anyhow::Result<Duration> {
        let begin = Instant::now();
        while !ready().await {
            if let Some(status) = self.0.try_wait()? {
                bail!("{name} ended ({status}) before it was ready");
            }
            ensure!(begin.elapsed() < Duration::from_secs(30), "{name} is not ready within half a minute");
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        Ok(begin.elapsed())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // All of it fails when the program has ended already.
        let _ = Command::new("kill").args(["-s", "TERM", &self.id().to_string()]).stderr(Stdio::null()).status();
        let begin = Instant::now();
        while matches!(self.0.try_wait(), Ok(None)) && begin.elapsed() < Duration::from_secs(10) {
            #[expect(clippy::disallowed_methods, reason = "a destructor cannot wait otherwise")]
            std::thread::sleep(Duration::from_millis(10));
        }
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
