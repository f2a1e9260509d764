namespace Signaling.Actors.Mailboxes;

/// <summary>The mailbox store cannot do what it was asked, and the asker is not at fault: the disk is full, the database is away, it does not answer.</summary>
public class MailboxStoreException : IOException
{
    /// <inheritdoc/>
    public MailboxStoreException()
    {
    }

    /// <inheritdoc/>
    public MailboxStoreException(string message)
        : base(message)
    {
    }

    /// <inheritdoc/>
    public MailboxStoreException(string message, Exception cause)
        : base(message, cause)
    {
    }
}

/// <summary>More waits for the mailbox store than it may; the call was refused at once and has not happened.</summary>
public sealed class MailboxStoreBusyException : MailboxStoreException
{
    /// <inheritdoc/>
    public MailboxStoreBusyException()
    {
    }

    /// <inheritdoc/>
    public MailboxStoreBusyException(string message)
        : base(message)
    {
    }

    /// <inheritdoc/>
    public MailboxStoreBusyException(string message, Exception cause)
        : base(message, cause)
    {
    }
}
