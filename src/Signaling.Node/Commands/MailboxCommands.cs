using System.CommandLine;
using System.Globalization;
using Microsoft.Data.Sqlite;
using Signaling.Actors.Protocol;
using Signaling.Node.Configuration;
using Signaling.Node.Storage;

namespace Signaling.Node.Commands;

/// <summary><c>signaling-node mailbox …</c>: what operators do with the data directory, or by <see cref="PostgresCommands"/>. None shows what a message says.</summary>
internal static class MailboxCommands
{
    /// <param name="withOptions">Reads the configuration, and tells what fails.</param>
    public static Command Create(Func<ParseResult, Func<NodeOptions, Task<int>>, Task<int>> withOptions)
    {
        var peer = new Argument<string>("peer") { Description = "A peer id" };
        var maybePeer = new Argument<string?>("peer") { Description = "A peer id", Arity = ArgumentArity.ZeroOrOne };
        var file = new Argument<string>("file") { Description = "The backup" };
        var verify = new Option<bool>("--verify") { Description = "Read everything and compare it with its checksums; takes long" };
        var expired = new Option<bool>("--expired") { Description = "What is older than Mailbox:TimeToLive, in all mailboxes" };
        var sent = new Option<bool>("--sent") { Description = "Also what the peer sent and waits for others" };

        return new Command("mailbox", "Look after the messages that wait in the data directory, or in PostgreSQL")
        {
            Make("stats", "How much waits; also while a node runs", (parsed, options) => Stats(options, parsed.GetValue(verify)), (parsed, mailboxes) => mailboxes.StatsAsync(parsed.GetValue(verify)), verify),
            Make(
                "list",
                "What waits for a peer: when, from whom, how large, never what; also while a node runs",
                (parsed, options) => List(options, Parse(parsed.GetValue(peer))), (parsed, mailboxes) => mailboxes.ListAsync(Parse(parsed.GetValue(peer))), peer),
            Make(
                "purge",
                "Remove what waits for a peer, and every trace of it. Also while a node runs, but where it has the mailbox open it still delivers what it has in memory",
                (parsed, options) => Purge(options, parsed.GetValue(maybePeer), parsed.GetValue(expired), parsed.GetValue(sent)),
                (parsed, mailboxes) => mailboxes.PurgeAsync(parsed.GetValue(maybePeer), parsed.GetValue(expired), parsed.GetValue(sent)), maybePeer, expired, sent),
            Make(
                "unpin",
                "Forget which key a peer id is bound to (Auth:Mode Keys): the next one that registers it has it; also while a node runs",
                (parsed, options) => Unpin(options, Parse(parsed.GetValue(peer))), (parsed, mailboxes) => mailboxes.UnpinAsync(Parse(parsed.GetValue(peer))), peer),
            Make("backup", "Write all mailboxes to a new file; also while a node runs", (parsed, options) => Backup(options, parsed.GetValue(file)!), (_, _) => throw PostgresCommands.ItsOwn("pg_dump"), file),
            Make("restore", "Replace all mailboxes by those of a backup; not while a node runs", (parsed, options) => Restore(options, parsed.GetValue(file)!), (_, _) => throw PostgresCommands.ItsOwn("pg_restore"), file),
        };

        Command Make(string name, string description, Func<ParseResult, NodeOptions, int> act, Func<ParseResult, PostgresCommands, Task<int>> actInPostgres, params Symbol[] symbols)
        {
            var command = new Command(name, description);
            foreach (var symbol in symbols)
            {
                if (symbol is Argument argument) command.Add(argument);
                else command.Add((Option)symbol);
            }
            command.SetAction(parsed => withOptions(parsed, options => options.Store.Kind == StoreKind.PostgreSql
                ? actInPostgres(parsed, new PostgresCommands(options))
                : Task.FromResult(TellFailure(options, () => act(parsed, options)))));
            return command;
        }
    }

    private static int Stats(NodeOptions options, bool isToVerify)
    {
        var path = DatabaseOf(options);
        using var file = MailboxFile.Open(path);
        var stats = file.Stats();
        Console.WriteLine($"file       {path}");
        Console.WriteLine($"size       {Text(new FileInfo(path).Length)} bytes, {Text(stats.FreeBytes)} of them free, {Text(stats.DoneBytes)} of messages that are done with");
        Console.WriteLine($"schema     {Text(stats.Schema)}");
        Console.WriteLine($"mailboxes  {Text(stats.Mailboxes)}");
        Console.WriteLine($"messages   {Text(stats.Messages)}, {Text(stats.Bytes)} bytes");
        Console.WriteLine($"oldest     {(stats.Oldest is { } oldest ? Text(oldest) : "-")}");
        if (!isToVerify) return 0;
        var damage = ProgressBar.Run("verifying", file.FindDamage);
        foreach (var complaint in damage) Console.Error.WriteLine($"signaling-node: {complaint}");
        if (damage.Count == 0) Console.WriteLine("verified   no damage");
        return damage.Count == 0 ? 0 : 1;
    }

    private static int List(NodeOptions options, PeerId peer)
    {
        using var file = MailboxFile.Open(DatabaseOf(options));
        return List(file.List(peer));
    }

    private static int Purge(NodeOptions options, string? peer, bool isForExpired, bool alsoSent)
    {
        CheckPurge(peer, isForExpired, alsoSent);
        var path = DatabaseOf(options);
        using var file = MailboxFile.Open(path);
        var removed = ProgressBar.Run("purging", tell => peer is null
            ? file.RemoveAcceptedUpTo(TimeProvider.System.GetUtcNow() - options.Mailbox.TimeToLive, tell)
            : file.RemoveTraces(Parse(peer), alsoSent, tell));
        Console.WriteLine($"{Text(removed)} messages removed");
        if (peer is null) return 0;
        foreach (var copy in DataDirectory.RemoveCopies(path)) Console.WriteLine($"{copy} removed, since it may hold some too");
        foreach (var other in DataDirectory.Others(path)) Console.WriteLine($"{other} was not looked into");
        return 0;
    }

    private static int Unpin(NodeOptions options, PeerId peer)
    {
        using var file = MailboxFile.Open(DatabaseOf(options));
        return TellUnpinned(file.Unpin(peer));
    }

    private static int Backup(NodeOptions options, string target)
    {
        ProgressBar.Run("writing", tell =>
        {
            MailboxBackup.Write(DatabaseOf(options), target, tell);
            return 0;
        });
        Console.WriteLine($"{Path.GetFullPath(target)}, {Text(new FileInfo(target).Length)} bytes");
        return 0;
    }

    private static int Restore(NodeOptions options, string source)
    {
        using var directory = DataDirectory.Hold(options.Store.Directory);
        var damage = ProgressBar.Run("verifying", tell =>
        {
            using var file = MailboxFile.Open(source, isReadOnly: true);
            return file.FindDamage(tell);
        });
        if (damage.Count > 0) throw new InvalidDataException($"'{source}' is damaged: {string.Join("; ", damage.Take(3))}; nothing was changed");
        var replaced = ProgressBar.Run("restoring", tell => MailboxBackup.Restore(source, directory.DatabaseFile, tell));
        Console.WriteLine($"{directory.DatabaseFile} restored{(replaced is null ? "" : $"; what it replaces is {replaced}")}");
        return 0;
    }

    internal static int List(IReadOnlyList<MessageSummary> messages)
    {
        foreach (var message in messages) Console.WriteLine($"{Text(message.AcceptedAt)}  {Text(message.Seq)}  {Text(message.Bytes)} bytes  from {LogText.Escape(message.Sender)}");
        return 0;
    }

    internal static void CheckPurge(string? peer, bool isForExpired, bool alsoSent)
    {
        if (peer is null != isForExpired || (alsoSent && peer is null)) throw new InvalidDataException("purge takes a peer id, perhaps with --sent, or --expired");
    }

    internal static int TellUnpinned(bool wasPinned)
    {
        if (!wasPinned) throw new InvalidDataException("this peer id is bound to no key");
        Console.WriteLine("the peer id is bound to no key any more");
        return 0;
    }

    private static int TellFailure(NodeOptions options, Func<int> act)
    {
        try
        {
            return act();
        }
        catch (SqliteException failure)
        {
            throw SqliteFailure.Explain(failure, DatabaseOf(options));
        }
    }

    private static string DatabaseOf(NodeOptions options) => DataDirectory.DatabaseIn(options.Store.Directory);

    internal static PeerId Parse(string? text) => PeerId.TryParse(text, out var peer) ? peer : throw new InvalidDataException("this is no peer id");

    internal static string Text(long number) => number.ToString("N0", CultureInfo.InvariantCulture);

    internal static string Text(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}
