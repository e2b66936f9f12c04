-- Since when the upper site's broker says no for want of room, over a connection that stands; null while it takes.
alter table uplink_connections add column refused_since timestamptz;
