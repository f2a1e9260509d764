using Signaling.Actors.Protocol;
using Signaling.Node.Configuration;
using Signaling.Node.Storage.Postgres;
using static Signaling.Node.Commands.MailboxCommands;

namespace Signaling.Node.Commands;

/// <summary>What <see cref="MailboxCommands"/> do where PostgreSQL keeps the mailboxes.</summary>
internal sealed class PostgresCommands(NodeOptions options)
{
    /// <summary>Says what does it better.</summary>
    public static InvalidDataException ItsOwn(string tool) => new($"PostgreSQL keeps the mailboxes: use {tool} (docs/operations.md)");

    public Task<int> StatsAsync(bool isToVerify) => isToVerify ? throw ItsOwn("pg_amcheck") : WithMailboxesAsync(async mailboxes =>
    {
        var stats = await mailboxes.StatsAsync();
        Console.WriteLine($"server     {mailboxes.Place}");
        Console.WriteLine($"size       {Text(stats.Size)} bytes");
        Console.WriteLine($"schema     {Text(PostgresSchema.Current.Version)}");
        Console.WriteLine($"nodes      {Text(stats.Nodes)}");
        Console.WriteLine($"mailboxes  {Text(stats.Mailboxes)}");
        Console.WriteLine($"messages   {Text(stats.Messages)}, {Text(stats.Bytes)} bytes");
        Console.WriteLine($"oldest     {(stats.Oldest is { } oldest ? Text(oldest) : "-")}");
        return 0;
    });

    public Task<int> ListAsync(PeerId peer) => WithMailboxesAsync(async mailboxes => List(await mailboxes.ListAsync(peer)));

    public Task<int> PurgeAsync(string? peer, bool isForExpired, bool alsoSent)
    {
        CheckPurge(peer, isForExpired, alsoSent);
        return WithMailboxesAsync(async mailboxes =>
        {
            var removed = peer is null
                ? await mailboxes.RemoveAcceptedUpToAsync(TimeProvider.System.GetUtcNow() - options.Mailbox.TimeToLive)
                : await mailboxes.RemoveAsync(Parse(peer), alsoSent);
            Console.WriteLine($"{Text(removed)} messages removed");
            if (peer is not null) Console.WriteLine("what PostgreSQL's files, its log and dumps have of them stays until it is overwritten (docs/operations.md)");
            return 0;
        });
    }

    public Task<int> UnpinAsync(PeerId peer) => WithMailboxesAsync(async mailboxes => TellUnpinned(await mailboxes.UnpinAsync(peer)));

    private async Task<int> WithMailboxesAsync(Func<PostgresMailboxes, Task<int>> act)
    {
        await using var mailboxes = await PostgresMailboxes.OpenAsync(options.Store);
        return await act(mailboxes);
    }
}
