using Signaling.Node.Configuration;
using Signaling.Node.Storage.Postgres;
using Signaling.Testing;

namespace Signaling.Node.Tests.Storage.Postgres;

/// <summary>The tables are made and brought up to date by whoever starts first, and what cannot be used is told in one line.</summary>
public sealed class PostgresSchemaSpecs(PostgresServer server) : PostgresSpecs(server)
{
    [Fact]
    public async Task Of_nodes_that_start_at_once_one_makes_the_tables()
    {
        var nodes = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => StartNodeAsync()));

        await nodes[0].Store.AppendAsync(await OwnAsync(nodes[0], Bob), [Message(1)]);
        Assert.Equal([1], await SeqsAsync(nodes[7], Bob));
        Assert.Equal(1, await Database.ExecuteAsync("SELECT version FROM signaling.schema_version"));
        Assert.Equal(9, await Database.CountAsync("nodes"));
    }

    [Fact]
    public async Task Tables_of_an_older_node_are_brought_up_to_date_once()
    {
        var (old, @new) = (new PostgresSchema("CREATE TABLE {schema}.a (n int)"), new PostgresSchema("CREATE TABLE {schema}.a (n int)", "CREATE SEQUENCE {schema}.generations; ALTER TABLE {schema}.a ADD m int"));
        await using var pool = new PostgresPool(Database.Options);
        await ApplyAsync(pool, new PostgresSchema("CREATE SEQUENCE {schema}.generations"), "\"other\"");
        await Assert.ThrowsAsync<Actors.Mailboxes.MailboxStoreException>(() => ApplyAsync(pool, old, pool.Schema)); // it has no generations: nothing of it happens

        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => ApplyAsync(pool, @new, pool.Schema)));

        Assert.Equal(2, await Database.ExecuteAsync("SELECT version FROM signaling.schema_version"));
        Assert.Equal(2L, await Database.ExecuteAsync("SELECT count(*) FROM information_schema.columns WHERE table_schema = 'signaling' AND table_name = 'a'"));
    }

    [Fact]
    public async Task Tables_of_a_newer_node_are_refused_untouched()
    {
        await (await PostgresNode.StartAsync(Database.Options)).DisposeAsync();
        await Database.ExecuteAsync("UPDATE signaling.schema_version SET version = 7; DROP TABLE signaling.pins");

        var failure = await Assert.ThrowsAsync<InvalidDataException>(() => StartNodeAsync());

        Assert.Equal($"the mailboxes in the database '{Database.Name}' are of a newer signaling-node (schema 7, this one knows {PostgresSchema.Current.Version}); upgrade, or restore a dump made before", StartFailure.Describe(failure));
        Assert.Equal(DBNull.Value, await Database.ExecuteAsync("SELECT to_regclass('signaling.pins')::text"));
    }

    [Fact]
    public async Task No_generation_comes_again_where_a_dump_of_before_was_restored()
    {
        await (await PostgresNode.StartAsync(Database.Options)).DisposeAsync();
        await Database.ExecuteAsync("SELECT setval('signaling.generations', 1000)");

        var owner = await OwnAsync(await StartNodeAsync(), Bob);

        var now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        Assert.InRange(owner.Generation, 256 * (now - 600), 256 * (now + 600));
    }

    [Fact]
    public async Task Generations_that_are_ahead_of_the_clock_go_on()
    {
        var first = await OwnAsync(await StartNodeAsync(), Bob);
        await Database.ExecuteAsync("SELECT setval('signaling.generations', nextval('signaling.generations') + 1000000000)");

        var second = await OwnAsync(await StartNodeAsync(), Bob);

        Assert.InRange(second.Generation, first.Generation + 1_000_000_000, first.Generation + 1_000_000_100);
    }

    [Fact]
    public async Task Several_clusters_share_a_database()
    {
        var options = Database.Options;
        options.Schema = "user";                                    // a word of SQL
        await using var other = await PostgresNode.StartAsync(options);
        var node = await StartNodeAsync();

        await node.Store.AppendAsync(await OwnAsync(node, Bob), [Message(1)]);

        Assert.Empty((await other.Store.OpenAsync(Bob)).Messages);
        Assert.Equal([1], await SeqsAsync(node, Bob));
    }

    [Fact]
    public async Task A_database_that_cannot_hold_every_peer_id_is_refused()
    {
        await Database.ExecuteAsync("CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0");
        var options = Database.Options;
        options.ConnectionString = Server.ConnectionString("latin");

        var failure = await Record.ExceptionAsync(() => PostgresNode.StartAsync(options));

        Assert.Equal("the database 'latin' has the encoding LATIN1, which cannot hold every peer id; create one with ENCODING 'UTF8'", StartFailure.Describe(failure!));
    }

    [Fact]
    public async Task A_user_that_owns_nothing_needs_no_more_than_a_schema()
    {
        await Database.ExecuteAsync("CREATE USER plain PASSWORD 'plain'");
        var options = Database.Options;
        options.ConnectionString = options.ConnectionString.Replace("Username=postgres;Password=a-secret-of-tests", "Username=plain;Password=plain", StringComparison.Ordinal);
        var refused = await Record.ExceptionAsync(() => PostgresNode.StartAsync(options));
        await Database.ExecuteAsync("CREATE SCHEMA signaling AUTHORIZATION plain");

        await using var node = await PostgresNode.StartAsync(options);

        Assert.StartsWith($"PostgreSQL at 127.0.0.1:{Server.Port}: user 'plain' may not do this (docs/operations.md says what it needs): 42501: permission denied for database", StartFailure.Describe(refused!), StringComparison.Ordinal);
        Assert.Empty((await node.Store.OpenAsync(Bob)).Messages);
    }

    [Theory]
    [InlineData("Password=wrong", "does not let user 'postgres' in; see Username and Password in Signaling:Store:ConnectionString: 28P01: password authentication failed for user \"postgres\"")]
    [InlineData("Database=none", "has no database 'none'; create it, or see Database in Signaling:Store:ConnectionString: 3D000: database \"none\" does not exist")]
    public async Task Who_is_not_let_in_is_told_why_without_a_secret(string setting, string reason)
    {
        var options = Database.Options;
        options.ConnectionString += ";" + setting;

        var failure = await Record.ExceptionAsync(() => PostgresNode.StartAsync(options));

        Assert.Equal($"PostgreSQL at 127.0.0.1:{Server.Port} {reason}", StartFailure.Describe(failure!));
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_told()
    {
        var options = Database.Options;
        options.ConnectionString += ";Host=127.0.0.9;Port=1";

        var failure = await Record.ExceptionAsync(() => PostgresNode.StartAsync(options));

        Assert.Equal("cannot reach PostgreSQL at 127.0.0.9:1: Failed to connect to 127.0.0.9:1: Connection refused", StartFailure.Describe(failure!));
    }

    [Theory]
    [InlineData("")]
    [InlineData(";Target Session Attributes=primary")]
    public async Task Of_several_servers_one_that_is_there_is_used(string setting)
    {
        var options = Database.Options;
        options.ConnectionString += $";Host=127.0.0.9:1,127.0.0.1:{Server.Port}{setting}";

        await using var node = await PostgresNode.StartAsync(options);

        Assert.Empty((await node.Store.OpenAsync(Bob)).Messages);
    }

    [Fact]
    public async Task Whatever_the_server_is_set_to_a_commit_waits_for_the_disk_and_sees_what_is_committed()
    {
        await Database.ExecuteAsync($"ALTER DATABASE {Database.Name} SET synchronous_commit = off; ALTER DATABASE {Database.Name} SET default_transaction_isolation = 'serializable'");
        await using var pool = new PostgresPool(Database.Options);

        var settings = await pool.DoAsync(async connection =>
        {
            await using var command = new Npgsql.NpgsqlCommand("SELECT current_setting('synchronous_commit') || ' ' || current_setting('transaction_isolation')", connection);
            return (string)(await command.ExecuteScalarAsync())!;
        });

        Assert.Equal("on read committed", settings);
    }

    private static Task<bool> ApplyAsync(PostgresPool pool, PostgresSchema schema, string name) => pool.DoAsync(async connection =>
    {
        await schema.ApplyAsync(connection, name);
        return true;
    });
}
