using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Globalization;
using Microsoft.Data.Sqlite;
using Signaling.Actors.Mailboxes;
using Signaling.Actors.Privacy;
using Signaling.Actors.Protocol;

namespace Signaling.Node.Storage;

/// <summary>The mailboxes of one node in one SQLite file: one connection writes, a few read beside it.</summary>
/// <remarks>
/// In WAL mode: a commit appends to the -wal file and, with <see cref="FsyncPolicy.Always"/>, waits until the disk has it; readers do not wait for the writer.
/// Measured by <c>bench/store</c>.
/// </remarks>
internal sealed partial class SqliteMailboxDatabase : IMailboxDatabase
{
    /// <summary>So long another program may hold the write lock before a commit fails.</summary>
    private const int BusySeconds = 5;

    private const int PageBytes = 4_096;

    /// <summary>Pages in the -wal file from which on they are brought into the database, about 16 MB.</summary>
    private const int CheckpointPages = 4_000;

    /// <summary>Pages in the -wal file at which the writer brings them into the database itself, and callers wait for it.</summary>
    private const int MaxWalPages = 4 * CheckpointPages;

    /// <summary>With less free on the disk, what is written goes into the database soon: a -wal file that takes the last room can never be brought into it.</summary>
    private const long TightBytes = 268_435_456;
    private const int TightCheckpointPages = CheckpointPages / 16;

    /// <summary>Pages that are given back in one step.</summary>
    private const int FreedPagesPerStep = 1_000;

    /// <summary>Pages that are kept for the next messages, beside a quarter of the file.</summary>
    private const int SparePages = 4_096;

    private static readonly int ReaderCount = Math.Clamp(Environment.ProcessorCount, 2, 8);

    private readonly string _file;
    private readonly FsyncPolicy _fsync;
    private readonly DriveInfo _disk;
    private readonly SqliteConnection _connection;
    private readonly SqliteConnection _checkpoints;
    private readonly SqliteWriter _writer;
    private readonly SemaphoreSlim _turn = new(1);                  // first come, first served
    private readonly Generations _generations;
    private readonly ConcurrentBag<SqliteReader> _readers = [];
    private readonly SemaphoreSlim _idleReaders = new(ReaderCount);
    private Task _checkpoint = Task.CompletedTask;
    private volatile bool _isClosed;

    private SqliteMailboxDatabase(SqliteConnection connection, string file, StoreOptions options, ILogger log, LogNames names)
    {
        (_connection, _file, _fsync, _disk) = (connection, file, options.Fsync, new DriveInfo(Path.GetDirectoryName(Path.GetFullPath(file))!));
        if (MailboxSchema.Current.Check(connection) == 0) connection.Execute("PRAGMA auto_vacuum = INCREMENTAL"); // before anything is written
        if (connection.QueryText("PRAGMA journal_mode = WAL") != "wal") throw new MailboxStoreException($"the file system of '{file}' cannot share memory, which SQLite needs");
        connection.Execute(string.Create(CultureInfo.InvariantCulture, $"PRAGMA wal_autocheckpoint = {MaxWalPages}; PRAGMA journal_size_limit = {MaxWalPages * PageBytes}; PRAGMA cache_size = -16384"));
        connection.Execute(string.Create(CultureInfo.InvariantCulture, $"PRAGMA max_page_count = {options.MaxDatabaseBytes / PageBytes}"));
        SetSynchronous(_fsync);
        MailboxSchema.Current.Apply(connection);
        _writer = new SqliteWriter(connection);
        _generations = new Generations(ReserveGenerationsAsync);
        _checkpoints = OpenConnection(file);
        while (_readers.Count < ReaderCount) _readers.Add(new SqliteReader(OpenConnection(file), log, names));
    }

    /// <inheritdoc/>
    public MailboxTotals Totals => _writer.Totals;

    /// <summary>Opens the file, or makes it; an older one is brought up to date.</summary>
    /// <exception cref="MailboxStoreException">It cannot be written to.</exception>
    /// <exception cref="InvalidDataException">It is damaged, of a newer node, or somebody else's.</exception>
    public static SqliteMailboxDatabase Open(string file, StoreOptions options, ILogger log, LogNames names)
    {
        SqliteConnection? connection = null;
        try
        {
            var hasLost = TellOfDamage(file + "-wal", log);
            var database = new SqliteMailboxDatabase(connection = OpenConnection(file), file, options, log, names);
            if (hasLost) MailboxSchema.SkipGenerations(connection);
            return database;
        }
        catch (Exception failure)
        {
            connection?.Dispose();
            throw failure is SqliteException cause ? SqliteFailure.Explain(cause, file) : failure;
        }
    }

    /// <inheritdoc/>
    /// <remarks>One process holds the data directory, so nobody else can have opened a mailbox: no owner is remembered, and none is fenced.</remarks>
    public Task<IReadOnlySet<MailboxOwner>> CommitAsync(IReadOnlyList<MailboxWrite> writes) => WriteAsync<IReadOnlySet<MailboxOwner>>(() =>
    {
        KeepRoom(writes);
        _writer.Apply(writes);
        return FrozenSet<MailboxOwner>.Empty;
    });

    /// <inheritdoc/>
    public async Task<OpenedMailbox> OpenAsync(PeerId peer)
    {
        var messages = ReadAsync(reader => reader.Read(peer));
        return new OpenedMailbox(await _generations.NextAsync(), await messages);
    }

    /// <inheritdoc/>
    public Task<long> NextGenerationAsync(MailboxOwner owner) => _generations.NextAsync().AsTask();

    /// <inheritdoc/>
    public void Close(MailboxOwner owner)
    {
    }

    /// <inheritdoc cref="SqliteWriter.Pin"/>
    public Task<IReadOnlyList<byte[]?>> PinAsync(IReadOnlyList<Pin> pins, long most) => WriteAsync(() => _writer.Pin(pins, most));

    /// <inheritdoc cref="SqliteReader.ReadPin"/>
    public Task<byte[]?> ReadPinAsync(PeerId peer) => ReadAsync(reader => reader.ReadPin(peer));

    private async Task<T> ReadAsync<T>(Func<SqliteReader, T> read)
    {
        await _idleReaders.WaitAsync();
        try
        {
            return await Task.Run(() => Read(read));
        }
        finally
        {
            _idleReaders.Release();
        }
    }

    private Task<long> ReserveGenerationsAsync(int count) => WriteAsync(() =>
    {
        SetSynchronous(FsyncPolicy.Always);                         // whatever the policy: a generation that comes again would break more than a message
        try
        {
            return _writer.ReserveGenerations(count);
        }
        finally
        {
            SetSynchronous(_fsync);
        }
    });

    /// <inheritdoc/>
    public Task<RemovalStep> RemoveAcceptedUpToAsync(DateTimeOffset time, int most) => WriteAsync(() =>
    {
        var step = _writer.Clean(time, most);
        var isMoreFree = GiveBackSpace();
        return step with { IsDone = step.IsDone && !isMoreFree };
    });

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isClosed, true)) return;
        // What hangs would hang here too; SQLite recovers from a process that ends meanwhile.
        if (!await _turn.WaitAsync(TimeSpan.FromSeconds(BusySeconds))) return;
        for (var i = 0; i < ReaderCount; i++)
        {
            if (await _idleReaders.WaitAsync(TimeSpan.FromSeconds(BusySeconds)) && _readers.TryTake(out var reader)) reader.Dispose();
        }
        _idleReaders.Release(ReaderCount);
        _checkpoints.Dispose();
        _writer.Dispose();                                          // the last one to close brings the -wal file's content into the database
        _turn.Release();
    }

    /// <summary>What SQLite would pass over in silence is kept for whoever looks into it.</summary>
    /// <returns>Whether there is any.</returns>
    private static bool TellOfDamage(string walFile, ILogger log)
    {
        var lost = WalInspection.LostCommits(walFile);
        if (lost == 0) return false;
        var copy = walFile + ".damaged";
        File.Copy(walFile, copy, overwrite: true);
        Log.Damaged(log, walFile, lost, copy);
        return true;
    }

    internal static SqliteConnection OpenConnection(string file, SqliteOpenMode mode = SqliteOpenMode.ReadWriteCreate)
    {
        var settings = new SqliteConnectionStringBuilder { DataSource = file, Mode = mode, Pooling = false, DefaultTimeout = BusySeconds };
        var connection = new SqliteConnection(settings.ConnectionString);
        try
        {
            connection.Open();
            connection.Execute("PRAGMA busy_timeout = 1000; PRAGMA cell_size_check = ON; PRAGMA trusted_schema = OFF");
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private void SetSynchronous(FsyncPolicy policy) => _connection.Execute(policy == FsyncPolicy.Always ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL");

    private async Task<T> WriteAsync<T>(Func<T> work)
    {
        await _turn.WaitAsync();
        try
        {
            return await Task.Run(() => Do(work));
        }
        finally
        {
            if (!_isClosed && _checkpoint.IsCompleted && IsCheckpointDue(_connection.PagesWritten())) _checkpoint = CheckpointAsync();
            _turn.Release();
        }
    }

    private bool IsCheckpointDue(int pages) => pages >= CheckpointPages || (pages >= TightCheckpointPages && FreeBytes() < TightBytes);

    private long FreeBytes()
    {
        try
        {
            return _disk.AvailableFreeSpace;
        }
        catch (IOException)
        {
            return long.MaxValue;                                   // nobody knows; SQLite fails then, where it has to
        }
    }

    /// <summary>The disk is nearly full: what would take the room that the -wal file's content needs in the database is not begun. What removes is.</summary>
    private void KeepRoom(IReadOnlyList<MailboxWrite> writes)
    {
        var free = FreeBytes();
        if (free >= TightBytes) return;
        var added = 2 * writes.Sum(write => write.Bytes);           // with the pages' slack, and what is beside the messages
        if (added == 0) return;
        var log = added - (Length(_file + "-wal") - ((long)_connection.PagesWritten() * PageBytes));
        var unfolded = (_connection.Query("PRAGMA page_count") * PageBytes) - Length(_file);
        var growth = added - (_connection.Query("PRAGMA freelist_count") * PageBytes);
        if (free < Math.Max(0, log) + Math.Max(0, unfolded) + Math.Max(0, growth)) throw SqliteFailure.Full(_file);

        static long Length(string file) => new FileInfo(file) is { Exists: true } found ? found.Length : 0;
    }

    /// <summary>Brings the -wal file's content into the database beside the writer, who only waits while what was written meanwhile follows, and then begins
    /// the -wal file anew.</summary>
    private async Task CheckpointAsync()
    {
        try
        {
            await Task.Run(() => Checkpoint(_checkpoints));
            await WriteAsync(() => Checkpoint(_connection));
        }
        catch (Exception failure) when (failure is MailboxStoreException or InvalidDataException or SqliteException)
        {
            // Nothing is lost; the writer tries at the latest at MaxWalPages, and tells its callers.
        }

        bool Checkpoint(SqliteConnection connection) => Do(() =>
        {
            _connection.PagesWritten(reset: true);
            connection.Execute("PRAGMA wal_checkpoint(PASSIVE)");
            return true;
        });
    }

    private T Read<T>(Func<SqliteReader, T> read)
    {
        SqliteReader? reader = null;
        try
        {
            return Do(() => _readers.TryTake(out reader) ? read(reader) : throw Closed());
        }
        finally
        {
            if (reader is not null) _readers.Add(reader);
        }
    }

    private T Do<T>(Func<T> work)
    {
        if (_isClosed) throw Closed();
        try
        {
            return work();
        }
        catch (SqliteException failure)
        {
            throw SqliteFailure.Explain(failure, _file);
        }
    }

    private MailboxStoreException Closed() => new($"'{_file}' is closed");

    /// <returns>Whether more is to be given back.</returns>
    private bool GiveBackSpace()
    {
        var free = _connection.Query("PRAGMA freelist_count");
        var excess = free - (_connection.Query("PRAGMA page_count") / 4) - SparePages;
        if (excess <= 0) return false;
        _connection.Execute($"PRAGMA incremental_vacuum({FreedPagesPerStep})");
        return excess > FreedPagesPerStep && _connection.Query("PRAGMA freelist_count") < free;
    }

    private static partial class Log
    {
        [LoggerMessage(EventId = 301, Level = LogLevel.Error, Message = "{File} is damaged: at least {Commits} commits in it are lost, the node goes on without them; the file as it was is in {Copy}; check the disk")]
        public static partial void Damaged(ILogger logger, string file, int commits, string copy);
    }
}
