using Signaling.Actors.Mailboxes;

namespace Signaling.Node.Storage;

/// <summary>Where a node keeps its files. One node holds it at a time; tools may read it meanwhile.</summary>
internal sealed class DataDirectory : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute; // messages hold people's addresses
    private const string LockName = "lock";
    private const int WouldBlock = 11;                              // EAGAIN, as .NET reports a lock that another process has

    /// <summary>Of what <c>mailbox restore</c> replaced, and of a damaged log.</summary>
    private static readonly string[] CopySuffixes = [".replaced", ".replaced-wal", ".replaced-shm", "-wal.damaged"];

    private readonly FileStream _lock;

    private DataDirectory(string path, FileStream @lock) => (FullPath, _lock) = (path, @lock);

    public string FullPath { get; }

    /// <summary>The mailboxes' database.</summary>
    public string DatabaseFile => DatabaseIn(FullPath);

    /// <summary>Removes the copies that the node and <c>mailbox restore</c> have kept of a database.</summary>
    /// <returns>Their paths.</returns>
    public static IReadOnlyList<string> RemoveCopies(string database)
    {
        string[] copies = [.. from suffix in CopySuffixes let copy = database + suffix where File.Exists(copy) select copy];
        foreach (var copy in copies) File.Delete(copy);
        return copies;
    }

    /// <summary>What lies beside a database and is no part of it.</summary>
    public static IEnumerable<string> Others(string database) =>
        from file in Directory.EnumerateFiles(Path.GetDirectoryName(database)!)
        where file != database && file != database + "-wal" && file != database + "-shm" && Path.GetFileName(file) != LockName
        select file;

    public static string DatabaseIn(string directory) => Path.Combine(Path.GetFullPath(directory), "mailboxes.db");

    /// <summary>Makes it where there is none, and holds it until it is disposed or the process ends, however it ends.</summary>
    /// <exception cref="MailboxStoreException">It cannot be made or written to, or another process holds it.</exception>
    public static DataDirectory Hold(string directory)
    {
        var path = Path.GetFullPath(directory);
        try
        {
            if (OperatingSystem.IsWindows()) Directory.CreateDirectory(path);
            else Directory.CreateDirectory(path, OwnerOnly);
            return new DataDirectory(path, new FileStream(Path.Combine(path, LockName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (IOException held) when (held.HResult == WouldBlock)
        {
            throw new MailboxStoreException($"another signaling-node holds the data directory '{path}'; stop it, or set Signaling:Store:Directory");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new MailboxStoreException($"cannot write to the data directory '{path}' (Signaling:Store:Directory)", failure);
        }
    }

    public void Dispose() => _lock.Dispose();
}
