using Signaling.Actors.Mailboxes;
using Signaling.Actors.Protocol;

namespace Signaling.Actors.Tests.Mailboxes;

/// <summary>A call of a store as its caller sees it, and what a test knows of it.</summary>
internal sealed class StoreCallRecord(string name, PeerId peer, Task answer)
{
    public PeerId Peer => peer;

    public Task Answer => answer;

    /// <summary>The list of messages or numbers of a write, which is what the database gets; null of an opening.</summary>
    public object? Content { get; init; }

    public bool IsPoisoned { get; init; }

    public TimeSpan CalledAt { get; init; }

    /// <summary>The highest generation of the mailbox that anybody knew of when it was called.</summary>
    public long HighestBefore { get; init; }

    /// <summary>It was refused within the call.</summary>
    public bool IsRefused { get; init; }

    /// <summary>Its time was over before it was answered.</summary>
    public bool IsLate { get; set; }

    /// <summary>The database had not heard of it when its time was over.</summary>
    public bool IsNeverToHappen { get; set; }

    /// <summary>What its read failed with, where the test made it fail.</summary>
    public Exception? ReadFailure { get; set; }

    public bool IsLive => !answer.IsCompleted;

    public bool IsOpening => Content is null && answer is Task<OpenedMailbox>;

    public Exception? Failure => answer.Exception?.InnerException;

    public bool HasTimedOut => Failure is MailboxStoreException { Message: var message } && message.Contains("not answered within", StringComparison.Ordinal);

    public long? Generation => answer switch
    {
        Task<OpenedMailbox> { IsCompletedSuccessfully: true } opening => opening.Result.Generation,
        Task<long> { IsCompletedSuccessfully: true } generation => generation.Result,
        _ => null,
    };

    public override string ToString() => $"{name}: {Outcome()}";

    /// <summary>What the database calls it by.</summary>
    public static object ContentOf(MailboxWrite write) => write switch
    {
        AppendMessages append => append.Messages,
        RemoveMessages remove => remove.Seqs,
        _ => throw new NotSupportedException(),
    };

    private string Outcome() => answer switch
    {
        { IsCompleted: false } => "no answer",
        { IsFaulted: true } => Failure!.Message,
        Task<OpenedMailbox> opening => $"generation {opening.Result.Generation}, [{string.Join(' ', opening.Result.Messages.Select(message => message.Seq))}]",
        Task<long> generation => $"generation {generation.Result}",
        _ => "done",
    };
}
