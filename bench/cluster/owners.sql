-- Records who opens, writes to and closes which mailbox, beside the store's own tables; the store is not told. To be kept in step with PostgresSchema.
-- Who writes is known by its connection (application_name), and by the seq, which is built on a generation of whoever numbered the message: nothing here trusts the store's own check.
-- The order is that of the commits (track_commit_timestamp). A sequence has the order of the writes, which a writer that is overtaken before it commits would escape.
create table owner_history (
  number     bigint generated always as identity,
  writer     xid8   not null default pg_current_xact_id(),
  node       text   not null default current_setting('application_name'),
  peer       text   not null,
  act        text   not null,
  generation bigint not null);

create view owner_history_in_commit_order as
  select peer, act, generation, node from owner_history order by pg_xact_commit_timestamp(writer::xid), number;

create function record_owner() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' then
    insert into public.owner_history (peer, act, generation) values (old.peer, 'Closed', old.generation);
  else
    insert into public.owner_history (peer, act, generation) values (new.peer, 'Opened', new.generation);
  end if;
  return null;
end $$;

create function record_message() returns trigger language plpgsql as $$
begin
  insert into public.owner_history (peer, act, generation) values (new.peer, 'Wrote', new.seq >> 12);
  return null;
end $$;

create trigger record_owner after insert or delete or update of generation on signaling.owners for each row execute function record_owner();
create trigger record_message after insert on signaling.messages for each row execute function record_message();
