//! A share of a core that a process may use, so that many small machines fit on one: a control group of Linux.

use anyhow::{Context, bail};
use std::fs;
use std::path::{Path, PathBuf};

/// The time within which a share is counted, in microseconds: short, so that a replica that has used its own waits for
/// milliseconds only.
const PERIOD: u64 = 10_000;

/// A control group with a share of a core; dropped, it is gone, if whatever was in it has ended.
pub struct Share(PathBuf);

impl Share {
    /// The group `name`, whose processes together use `percent` of one core at the most.
    ///
    /// # Errors
    /// Groups for processor time are not to be had here: it takes root, and Linux.
    pub fn of(percent: u64, name: &str) -> anyhow::Result<Share> {
        let quota = PERIOD * percent / 100;
        let (first, second) = (Path::new("/sys/fs/cgroup/cpu"), Path::new("/sys/fs/cgroup"));
        let (above, settings) = if first.join("cpu.cfs_quota_us").exists() {
            (first, vec![("cpu.cfs_period_us", PERIOD.to_string()), ("cpu.cfs_quota_us", quota.to_string())])
        } else if second.join("cgroup.controllers").exists() {
            fs::write(second.join("cgroup.subtree_control"), "+cpu").context("groups of processor time need root")?;
            (second, vec![("cpu.max", format!("{quota} {PERIOD}"))])
        } else {
            bail!("there are no control groups for processor time");
        };
        let group = above.join(format!("weapp-login-{}-{name}", std::process::id()));
        fs::create_dir(&group).context("groups of processor time need root")?;
        let share = Share(group);
        for (file, value) in settings {
            fs::write(share.0.join(file), value).with_context(|| format!("{file} of a control group"))?;
        }
        Ok(share)
    }

    /// Moves the process `id` into it.
    ///
    /// # Errors
    /// It has ended.
    pub fn take(&self, id: u32) -> anyhow::Result<()> {
        fs::write(self.0.join("cgroup.procs"), id.to_string()).with_context(|| format!("process {id} has ended"))
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        // Whatever stays behind is an empty folder of the kernel's, gone at the next start.
        let _ = fs::remove_dir(&self.0);
    }
}
