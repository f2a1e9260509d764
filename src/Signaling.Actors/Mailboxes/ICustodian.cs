namespace Signaling.Actors.Mailboxes;

/// <summary>A sender that keeps its message until it hears what became of it, whether or not its client wants to know: a mailbox's node may die.</summary>
/// <remarks>It is told <see cref="Messages.MailboxProtocol.Delivered"/>, <see cref="Messages.MailboxProtocol.Stored"/> or
/// <see cref="Messages.MailboxProtocol.Refused"/> where its client is; else it is released.</remarks>
internal interface ICustodian
{
    /// <summary>The message is with its recipient, or kept, or done with.</summary>
    void Release();
}
