//! Windows of a day or a week, as a provider writes them: `03:00-06:00`, `mon:00:00-mon:03:00`.

/// Minutes; a window over midnight ends after 24 hours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// 0 is Monday; nothing means every day.
    day: Option<u32>,
    start: u32,
    end: u32,
}

const DAY: u32 = 24 * 60;
const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// Working hours of a clinic.
const BUSY: std::ops::Range<u32> = 7 * 60..18 * 60;

/// The hours that a country's clocks are ahead of UTC, where it has one zone, or its seat of government's is meant.
pub fn hours_from_utc(country: &str) -> Option<i32> {
    match country {
        // Jakarta; the region lies there.
        "ID" | "TH" | "VN" => Some(7),
        "SG" | "MY" | "PH" | "HK" | "TW" => Some(8),
        "JP" | "KR" => Some(9),
        "AE" => Some(4),
        "BH" | "SA" | "QA" => Some(3),
        _ => None,
    }
}

impl Window {
    pub fn read(text: &str) -> Option<Self> {
        let (start, end) = text.trim().split_once('-')?;
        let ((day, start), (_, end)) = (time(start)?, time(end)?);
        let end = if end <= start { end + DAY } else { end };
        Some(Self { day, start, end })
    }

    pub fn meets(&self, other: &Self) -> bool {
        let at = |window: &Self, shift: u32| (window.start + shift)..(window.end + shift);
        let overlap = |one: std::ops::Range<u32>, other: std::ops::Range<u32>| {
            one.start < other.end && other.start < one.end
        };
        [0, DAY]
            .iter()
            .any(|shift| overlap(at(self, *shift), at(other, 0)) || overlap(at(self, 0), at(other, *shift)))
    }

    /// Returns it on the clocks that are so many hours ahead: `10:00-13:00`.
    pub fn local(&self, hours: i32) -> String {
        let shown = |minute: u32| {
            let minute = ahead(minute, hours) % DAY;
            format!("{:02}:{:02}", minute / 60, minute % 60)
        };
        let day = self.day.map(|day| {
            let ahead = ahead(self.start, hours) / DAY;
            format!("{} ", DAYS[((day + ahead) % 7) as usize])
        });
        format!("{}{}-{}", day.unwrap_or_default(), shown(self.start), shown(self.end))
    }
}

fn ahead(minute: u32, hours: i32) -> u32 {
    minute.saturating_add_signed(hours * 60)
}

fn time(text: &str) -> Option<(Option<u32>, u32)> {
    let parts: Vec<&str> = text.trim().split(':').collect();
    let (day, clock) = match parts.as_slice() {
        [day, hour, minute] => {
            let day = DAYS.iter().position(|known| known.eq_ignore_ascii_case(day))?;
            (Some(u32::try_from(day).ok()?), [*hour, *minute])
        }
        [hour, minute] => (None, [*hour, *minute]),
        _ => return None,
    };
    let (hour, minute) = (clock[0].parse::<u32>().ok()?, clock[1].parse::<u32>().ok()?);
    (hour < 24 && minute < 60).then_some((day, hour * 60 + minute))
}

/// Returns the percentage of its minutes that lie in working hours. A weekend has none.
pub fn busy_share(window: &Window, hours: i32) -> u32 {
    let minutes: Vec<u32> = (window.start..window.end).map(|minute| ahead(minute, hours)).collect();
    let works = |minute: &&u32| {
        let is_weekend = window.day.is_some_and(|day| (day + **minute / DAY) % 7 > 4);
        !is_weekend && BUSY.contains(&(**minute % DAY))
    };
    let busy = minutes.iter().filter(works).count();
    u32::try_from(busy * 100 / minutes.len().max(1)).unwrap_or(100)
}

#[cfg(test)]
mod tests {
    use super::{Window, busy_share};

    #[test]
    fn windows_are_moved_to_the_local_clock() {
        let window = Window::read("03:00-06:00").unwrap_or_else(|| panic!("a window"));
        assert_eq!((window.local(7).as_str(), busy_share(&window, 7)), ("10:00-13:00", 100));
        let weekly = Window::read("Mon:00:00-Mon:03:00").unwrap_or_else(|| panic!("a window"));
        assert_eq!((weekly.local(7).as_str(), busy_share(&weekly, 7)), ("mon 07:00-10:00", 100));
        let night = Window::read("17:00-20:00").unwrap_or_else(|| panic!("a window"));
        assert_eq!((night.local(7).as_str(), busy_share(&night, 7)), ("00:00-03:00", 0));
        assert!(window.meets(&weekly.clone_from_hours(4, 5)));
        assert!(Window::read("25:00-26:00").is_none() && Window::read("x").is_none());
    }

    impl Window {
        fn clone_from_hours(self, start: u32, end: u32) -> Self {
            Self { start: start * 60, end: end * 60, ..self }
        }
    }
}
