//! On which processors the threads run that help.

#[cfg(target_os = "linux")]
mod linux;

#[cfg(target_os = "linux")]
pub(super) use self::linux::Processors;

/// Elsewhere the system places threads as it sees fit.
#[cfg(not(target_os = "linux"))]
pub(in crate::script) struct Processors;

#[cfg(not(target_os = "linux"))]
impl Processors {
    pub(super) const fn new() -> Self {
        Self
    }

    pub(super) const fn join(&self) {}

    pub(super) const fn keep_off_mine(&self) {}
}
