#![doc = include_str!("../../../docs/embedding.md")]

mod answer;
mod body;
mod filter;
mod future;
mod handle;
mod limit;
mod matched;
mod route;

pub use body::ResponseBody;
pub use filter::{FilterFuture, FilterLayer, FilterService};
pub use future::ResponseFuture;
pub use handle::RouterHandle;
pub use limit::{ClientAddr, Limit, LimitLayer, LimitService, clock_since};
pub use matched::{Matched, ServerName};
pub use route::{RouteLayer, RouteService};
