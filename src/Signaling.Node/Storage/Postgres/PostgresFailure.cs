using System.Net.Sockets;
using Npgsql;
using Signaling.Actors.Mailboxes;

namespace Signaling.Node.Storage.Postgres;

/// <summary>What PostgreSQL's error codes mean to a caller and to an operator.</summary>
internal static class PostgresFailure
{
    /// <summary>Whether the connection is gone, and most likely all to this server.</summary>
    public static bool IsOfConnection(Exception failure) => failure switch
    {
        PostgresException cause => cause.SqlState is PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown || cause.SqlState.StartsWith("08", StringComparison.Ordinal),
        NpgsqlException or IOException or SocketException => true,
        _ => false,
    };

    /// <returns>A <see cref="MailboxStoreException"/> where nothing can be done now, <see cref="InvalidDataException"/> where the database is damaged, there at least, else the failure itself.</returns>
    public static Exception Explain(Exception failure, NpgsqlConnectionStringBuilder settings) => failure switch
    {
        PostgresException cause => Explain(cause, settings),
        NpgsqlException { InnerException: TimeoutException } => new MailboxStoreException($"PostgreSQL at {Server(settings)} does not answer", failure),
        NpgsqlException or IOException or SocketException => new MailboxStoreException($"cannot reach PostgreSQL at {Server(settings)}", failure),
        ObjectDisposedException => new MailboxStoreException("the mailbox store is closed", failure),
        _ => failure,
    };

    /// <summary>What an operator calls it.</summary>
    public static string Server(NpgsqlConnectionStringBuilder settings) =>
        settings.Host!.Contains(',', StringComparison.Ordinal) || settings.Host.StartsWith('/') ? settings.Host : $"{settings.Host}:{settings.Port}";

    private static Exception Explain(PostgresException cause, NpgsqlConnectionStringBuilder settings) => cause.SqlState switch
    {
        PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification =>
            new MailboxStoreException($"PostgreSQL at {Server(settings)} does not let user '{settings.Username}' in; see Username and Password in Signaling:Store:ConnectionString", cause),
        PostgresErrorCodes.InvalidCatalogName => new MailboxStoreException($"PostgreSQL at {Server(settings)} has no database '{settings.Database ?? settings.Username}'; create it, or see Database in Signaling:Store:ConnectionString", cause),
        PostgresErrorCodes.InsufficientPrivilege => new MailboxStoreException($"PostgreSQL at {Server(settings)}: user '{settings.Username}' may not do this (docs/operations.md says what it needs)", cause),
        PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.InvalidSchemaName =>
            new MailboxStoreException($"PostgreSQL at {Server(settings)} has lost tables of the mailboxes; restart a node, which makes those that are missing, or restore a dump", cause),
        PostgresErrorCodes.ReadOnlySqlTransaction => new MailboxStoreException($"PostgreSQL at {Server(settings)} takes no writes: it is a standby", cause),
        PostgresErrorCodes.DiskFull => new MailboxStoreException($"PostgreSQL at {Server(settings)} has no room on its disk", cause),
        PostgresErrorCodes.TooManyConnections => new MailboxStoreException($"PostgreSQL at {Server(settings)} has no connection left: see max_connections there", cause),
        PostgresErrorCodes.QueryCanceled => new MailboxStoreException($"PostgreSQL at {Server(settings)} has not done it within Signaling:Store:Timeout", cause),
        PostgresErrorCodes.DataCorrupted or PostgresErrorCodes.IndexCorrupted =>
            new InvalidDataException($"the database of PostgreSQL at {Server(settings)} is damaged; see its log, restore a dump (docs/operations.md)", cause),
        // Of a connection, of resources, of an operator's intervention, of the system: no statement's fault.
        [('0' or '5') and var first, var second, ..] when (first, second) is ('0', '8') or ('5', '3') or ('5', '7') or ('5', '8') =>
            new MailboxStoreException($"PostgreSQL at {Server(settings)} cannot do this now", cause),
        _ => cause,
    };
}
