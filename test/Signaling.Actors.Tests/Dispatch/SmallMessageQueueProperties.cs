using Akka.Actor;
using CsCheck;
using Signaling.Actors.Dispatch;

namespace Signaling.Actors.Tests.Dispatch;

/// <summary>The queue against a list.</summary>
public sealed class SmallMessageQueueProperties
{
    private enum Step
    {
        Enqueue, EnqueueFirst, Dequeue,
    }

    [Fact]
    public void It_does_what_a_list_does()
    {
        Gen.Enum<Step>().Array[0, 400].Sample(steps =>
        {
            var (queue, list, next) = (new SmallMessageQueue(), new LinkedList<object>(), 0);
            foreach (var step in steps) Take(step, queue, list, next++);
            while (list.Count > 0) Take(Step.Dequeue, queue, list, 0);
            Assert.False(queue.TryDequeue(out _));
        });
    }

    [Fact]
    public async Task Of_several_senders_each_ones_messages_stay_in_order()
    {
        const int Senders = 4, Messages = 10_000;
        var queue = new SmallMessageQueue();
        var senders = Enumerable.Range(0, Senders).Select(sender => Task.Run(() =>
        {
            for (var n = 0; n < Messages; n++) queue.Enqueue(ActorRefs.Nobody, new Envelope((sender, n), ActorRefs.Nobody));
        }));

        var all = Task.WhenAll(senders);
        var (next, taken) = (new int[Senders], 0);
        while (taken < Senders * Messages)
        {
            if (!queue.TryDequeue(out var envelope)) continue;
            var (sender, n) = ((int, int))envelope.Message;
            Assert.Equal(next[sender]++, n);
            taken++;
        }

        await all;
        Assert.False(queue.HasMessages);
    }

    private static void Take(Step step, SmallMessageQueue queue, LinkedList<object> list, object message)
    {
        switch (step)
        {
            case Step.Enqueue:
                queue.Enqueue(ActorRefs.Nobody, new Envelope(message, ActorRefs.Nobody));
                list.AddLast(message);
                break;
            case Step.EnqueueFirst:
                queue.EnqueueFirst(new Envelope(message, ActorRefs.Nobody));
                list.AddFirst(message);
                break;
            default:
                Assert.Equal(list.Count > 0, queue.TryDequeue(out var taken));
                if (list.Count == 0) break;
                Assert.Equal(list.First!.Value, taken.Message);
                list.RemoveFirst();
                break;
        }
        Assert.Equal((list.Count, list.Count > 0), (queue.Count, queue.HasMessages));
    }
}
