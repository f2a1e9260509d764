-- Records who writes into which mailbox, beside the store's own tables; the store is not told. To be kept in step with its schema.
-- The order of commits is PostgreSQL's own (track_commit_timestamp): a sequence has the order of the writes, which a writer that was overtaken before its commit escapes.
create table owner_history (
  number bigint generated always as identity,
  writer xid8 not null default pg_current_xact_id(),
  peer text not null,
  generation bigint not null,
  is_opening boolean not null);

create view owner_history_in_commit_order as
  select peer, generation, is_opening from owner_history order by pg_xact_commit_timestamp(writer::xid), number;
