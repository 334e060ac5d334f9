//! What a contestant is asked to set up.

use crate::Workload;

/// What a contestant is asked to set up: its arguments.
#[derive(Clone, Debug, PartialEq)]
pub struct Job {
    /// Which of its ways a contestant takes, such as the language.
    pub setting: String,
    pub workload: Workload,
    pub entities: usize,
    /// How many different scripts the entities have, in turn.
    pub scripts: usize,
    /// Variables that a script keeps beside the one that it needs.
    pub variables: usize,
    /// Elements of a list that a script keeps and changes one of; 0 for no list.
    pub elements: usize,
    /// Events that the game sends in a tick.
    pub events: usize,
}

impl Job {
    pub fn new(setting: &str, workload: Workload, entities: usize) -> Self {
        let setting = setting.to_owned();
        Self { setting, workload, entities, scripts: 1, variables: 0, elements: 0, events: 0 }
    }

    /// The arguments that say this.
    pub fn arguments(&self) -> Vec<String> {
        let Self { setting, workload, entities, scripts, variables, elements, events } = self;
        vec![
            setting.clone(),
            workload.name().to_owned(),
            entities.to_string(),
            format!("scripts={scripts}"),
            format!("variables={variables}"),
            format!("elements={elements}"),
            format!("events={events}"),
        ]
    }

    /// The job that arguments ask for.
    pub fn parse(mut arguments: impl Iterator<Item = String>) -> Option<Self> {
        let setting = arguments.next()?;
        let workload = Workload::of(&arguments.next()?)?;
        let entities = arguments.next()?.parse().ok()?;
        let mut job = Self::new(&setting, workload, entities);
        for argument in arguments {
            let (name, number) = argument.split_once('=')?;
            let place = match name {
                "scripts" => &mut job.scripts,
                "variables" => &mut job.variables,
                "elements" => &mut job.elements,
                "events" => &mut job.events,
                _ => return None,
            };
            *place = number.parse().ok()?;
        }
        Some(job).filter(|job| job.entities > 0 && job.scripts > 0)
    }

    /// The entities that the game sends an event to in a tick: from 0 on, in turn.
    pub fn events_of(&self, tick: usize) -> impl Iterator<Item = usize> + use<> {
        let (entities, begin) = (self.entities, tick * self.events);
        (begin..begin + self.events).map(move |i| i % entities)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_comes_back_from_its_arguments() {
        let mut job = Job::new("lua", Workload::Counter, 10);
        job.elements = 7;
        assert_eq!(Job::parse(job.arguments().into_iter()), Some(job));
        assert_eq!(Job::parse(["x", "patrol", "none"].map(String::from).into_iter()), None);
    }
}
