using Npgsql;
using Signaling.Actors.Mailboxes;

namespace Signaling.Node.Storage.Postgres;

/// <summary>The statements of <see cref="PostgresMailboxDatabase"/>.</summary>
/// <param name="schema">Quoted.</param>
internal sealed class PostgresSql(string schema)
{
    /// <summary>A mailbox that another has opened has another generation there; a row stays as it is until the transaction ends. Of peers $1.</summary>
    public string LockOwners { get; } = $"SELECT peer, generation FROM {schema}.owners WHERE peer = ANY($1) ORDER BY peer FOR SHARE";

    /// <summary>Of node $1: messages with peer $2, generation of the writer $3 and seq $4. Answers how many messages and bytes there are more, which
    /// are less than none, and when the oldest of them was accepted.</summary>
    public string Remove { get; } = Counted(schema, $"""
        DELETE FROM {schema}.messages m
        USING unnest($2::text[], $3::bigint[], $4::bigint[]) AS w (peer, generation, seq), {schema}.owners o
        WHERE o.peer = w.peer AND o.generation = w.generation AND m.peer = w.peer AND m.seq = w.seq
        RETURNING octet_length(m.json) AS bytes, accepted_at
        """, sign: "-");

    /// <summary>Of node $1: as <see cref="Remove"/>, then when it was accepted $5, sender $6, message id $7, json $8. Answers likewise.</summary>
    public string Add { get; } = Counted(schema, $"""
        INSERT INTO {schema}.messages (peer, seq, accepted_at, sender, message_id, json)
        SELECT w.peer, w.seq, w.accepted_at, w.sender, w.message_id, w.json
        FROM unnest($2::text[], $3::bigint[], $4::bigint[], $5::bigint[], $6::text[], $7::bytea[], $8::bytea[]) AS w (peer, generation, seq, accepted_at, sender, message_id, json)
        JOIN {schema}.owners o ON o.peer = w.peer AND o.generation = w.generation
        ON CONFLICT DO NOTHING
        RETURNING octet_length(json) AS bytes, accepted_at
        """, sign: "");

    /// <summary>For node $1, of peers $2. The generation is taken once the row is locked, so that of two who open a mailbox the later one has the higher.</summary>
    public string Open { get; } = $"""
        INSERT INTO {schema}.owners (node, peer, generation)
        SELECT $1, peer, nextval('{schema}.generations') FROM unnest($2::text[]) AS w (peer) ORDER BY peer COLLATE "C"
        ON CONFLICT (peer) DO UPDATE SET node = excluded.node, generation = nextval('{schema}.generations')
        RETURNING peer, generation
        """;

    /// <summary>What waits for peers $1.</summary>
    public string Read { get; } = $"SELECT peer, seq, accepted_at, sender, message_id, json FROM {schema}.messages WHERE peer = ANY($1) ORDER BY peer, seq";

    /// <summary>Of owners with peer $1 and generation $2. Writes each row, as nothing else would make the commit wait until the disk knows of the generation.</summary>
    public string Renew { get; } = $"""
        WITH owned AS (
            SELECT o.peer FROM {schema}.owners o JOIN unnest($1::text[], $2::bigint[]) AS w (peer, generation) ON o.peer = w.peer AND o.generation = w.generation
            ORDER BY o.peer FOR NO KEY UPDATE OF o)
        UPDATE {schema}.owners o SET node = o.node FROM owned WHERE o.peer = owned.peer
        RETURNING o.peer, o.generation, nextval('{schema}.generations')
        """;

    /// <summary>Of node $1.</summary>
    public string LockNode { get; } = $"SELECT FROM {schema}.nodes WHERE id = $1 FOR UPDATE";

    /// <summary>Of node $1: $3 messages that were accepted up to $2, the oldest first. Answers as <see cref="Remove"/>.</summary>
    public string RemoveOld { get; } = Counted(schema, $"""
        DELETE FROM {schema}.messages
        WHERE ctid = ANY (ARRAY(SELECT ctid FROM {schema}.messages WHERE accepted_at <= $2 ORDER BY accepted_at LIMIT $3 FOR UPDATE SKIP LOCKED))
        RETURNING octet_length(json) AS bytes, accepted_at
        """, sign: "-");

    /// <summary>Of node $1: of peer $2, $3 messages that wait for it. Answers as <see cref="Remove"/>.</summary>
    public string RemoveMailbox { get; } = Purge(schema, "peer");

    /// <summary>Of node $1: of peer $2, $3 messages that it sent. Answers as <see cref="Remove"/>.</summary>
    public string RemoveSent { get; } = Purge(schema, "sender");

    /// <summary>A node that has no row yet gets one, and with it its id.</summary>
    public string AddNode { get; } = $"INSERT INTO {schema}.nodes DEFAULT VALUES RETURNING id";

    /// <summary>Key $2 of peer $1, each at $3, of those that have none.</summary>
    public string Pin { get; } = $"""
        INSERT INTO {schema}.pins (peer, key, pinned_at) SELECT * FROM unnest($1::text[], $2::bytea[], $3::bigint[]) AS w (peer, key, pinned_at) ORDER BY peer COLLATE "C"
        ON CONFLICT DO NOTHING
        """;

    /// <summary>Of peers $1.</summary>
    public string ReadPins { get; } = $"SELECT peer, key FROM {schema}.pins WHERE peer = ANY($1)";

    /// <summary>How many there are, at most $1.</summary>
    public string CountPins { get; } = $"SELECT count(*) FROM (SELECT FROM {schema}.pins LIMIT $1) p";

    /// <summary>Of peer $1.</summary>
    public string Unpin { get; } = $"DELETE FROM {schema}.pins WHERE peer = $1 RETURNING 1";

    /// <summary>How much waits, in how many mailboxes, since when, how much disk that takes, and how many nodes were seen in the last minute.</summary>
    public string Stats { get; } = $"""
        SELECT count(*), coalesce(sum(octet_length(json)), 0)::bigint, count(DISTINCT peer), min(accepted_at),
        (SELECT sum(pg_total_relation_size(c.oid))::bigint FROM pg_class c WHERE c.relnamespace = '{schema}'::regnamespace AND c.relkind = 'r'),
        (SELECT count(*) FROM {schema}.nodes WHERE id <> 0 AND seen_at > now() - interval '1 minute')
        FROM {schema}.messages
        """;

    /// <summary>What waits for peer $1.</summary>
    public string List { get; } = $"SELECT seq, accepted_at, sender, octet_length(json) FROM {schema}.messages WHERE peer = $1 ORDER BY seq";

    /// <summary>Node $1 is there.</summary>
    public string SeeNode { get; } = $"INSERT INTO {schema}.nodes (id) VALUES ($1) ON CONFLICT (id) DO UPDATE SET seen_at = now()";

    /// <summary>Node $1 goes, and nobody need wait to be sure of it.</summary>
    public string LeaveNode { get; } = $"UPDATE {schema}.nodes SET seen_at = '-infinity', member_at = NULL WHERE id = $1";

    /// <summary>Node $1 is a member of a cluster.</summary>
    public string SayMember { get; } = $"UPDATE {schema}.nodes SET member_at = now() WHERE id = $1";

    /// <summary>Whether another node than $1 is, as far as is known.</summary>
    public string SeesMembers { get; } = $"SELECT EXISTS (SELECT FROM {schema}.nodes WHERE id <> $1 AND member_at > now() - interval '15 seconds')";

    /// <summary>What all nodes but $1 have added up to.</summary>
    public string SumOthers { get; } = $"SELECT coalesce(sum(messages), 0)::bigint, coalesce(sum(bytes), 0)::bigint FROM {schema}.nodes WHERE id <> $1";

    /// <summary>Owners with peer $1 and generation $2.</summary>
    public string Close { get; } = $"""
        DELETE FROM {schema}.owners WHERE ctid = ANY (ARRAY(
            SELECT o.ctid FROM {schema}.owners o JOIN unnest($1::text[], $2::bigint[]) AS w (peer, generation) ON o.peer = w.peer AND o.generation = w.generation FOR UPDATE OF o SKIP LOCKED))
        """;

    /// <summary>$1 owners whose node is gone. Answers how many went.</summary>
    public string RemoveOwnersOfGone { get; } = $"""
        WITH gone AS (
            DELETE FROM {schema}.owners WHERE ctid = ANY (ARRAY(
                SELECT o.ctid FROM {schema}.owners o WHERE o.node IN (SELECT id FROM {schema}.nodes n WHERE {IsGone}) LIMIT $1 FOR UPDATE OF o SKIP LOCKED))
            RETURNING 1)
        SELECT count(*) FROM gone
        """;

    /// <summary>Nodes that are gone and own nothing; what they added up to is node 0's.</summary>
    public string RemoveGone { get; } = $"""
        WITH gone AS (
            DELETE FROM {schema}.nodes WHERE id = ANY (ARRAY(
                SELECT n.id FROM {schema}.nodes n WHERE {IsGone} AND NOT EXISTS (SELECT FROM {schema}.owners o WHERE o.node = n.id) FOR UPDATE SKIP LOCKED))
            RETURNING messages, bytes)
        UPDATE {schema}.nodes n SET messages = n.messages + sums.messages, bytes = n.bytes + sums.bytes
        FROM (SELECT sum(messages)::bigint AS messages, sum(bytes)::bigint AS bytes FROM gone HAVING count(*) > 0) sums
        WHERE n.id = 0
        """;

    /// <summary>Of a row <c>n</c>. A node that could not write for so long may still run: its mailboxes are fenced then, and opened again.</summary>
    private const string IsGone = "n.seen_at < now() - interval '1 day' AND n.id <> 0";

    /// <summary>Removes messages whoever owns their mailboxes, in one transaction.</summary>
    /// <param name="connection">That does it.</param>
    /// <param name="sql">One of the statements of node $1 that removes up to $3 messages.</param>
    /// <param name="node">$1</param>
    /// <param name="which">$2</param>
    /// <param name="most">$3</param>
    /// <returns>How much there is more, which is less than none, and when the oldest of them was accepted.</returns>
    public async Task<(MailboxTotals Difference, long? Oldest)> RemoveAsync(NpgsqlConnection connection, string sql, long node, object which, long most)
    {
        await using var batch = connection.CreateBatch();
        batch.Add(LockNode, [node]);
        batch.Add(sql, [node, which, most]);
        await using var reader = await batch.ExecuteReaderAsync();
        await reader.NextResultAsync();
        await reader.ReadAsync();
        var answer = (new MailboxTotals(reader.GetInt64(0), reader.GetInt64(1)), await reader.IsDBNullAsync(2) ? (long?)null : reader.GetInt64(2));
        await reader.NextResultAsync();                             // it is committed once all of the answer has come
        return answer;
    }

    private static string Purge(string schema, string column) => Counted(schema, $"""
        DELETE FROM {schema}.messages WHERE ctid = ANY (ARRAY(SELECT ctid FROM {schema}.messages WHERE {column} = $2 LIMIT $3 FOR UPDATE SKIP LOCKED))
        RETURNING octet_length(json) AS bytes, accepted_at
        """, sign: "-");

    /// <summary>Changes messages, and what the row of node $1 says of them, last: it is what everybody waits for. Answers the difference.</summary>
    private static string Counted(string schema, string change, string sign) => $"""
        WITH changed AS ({change}),
        counts AS (SELECT {sign}count(*) AS messages, {sign}coalesce(sum(bytes), 0) AS bytes, min(accepted_at) AS oldest FROM changed),
        counted AS (
            INSERT INTO {schema}.nodes AS n (id, messages, bytes) SELECT $1, messages, bytes FROM counts
            ON CONFLICT (id) DO UPDATE SET messages = n.messages + excluded.messages, bytes = n.bytes + excluded.bytes, seen_at = excluded.seen_at)
        SELECT * FROM counts
        """;
}
