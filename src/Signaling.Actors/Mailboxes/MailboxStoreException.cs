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

/// <summary>The mailbox has been opened by another since: whoever asked is its owner no more. No fault of the store, which works.</summary>
public sealed class MailboxFencedException : Exception
{
    /// <inheritdoc/>
    public MailboxFencedException()
        : base("Another owner has opened this mailbox.")
    {
    }

    /// <inheritdoc/>
    public MailboxFencedException(string message)
        : base(message)
    {
    }

    /// <inheritdoc/>
    public MailboxFencedException(string message, Exception cause)
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
