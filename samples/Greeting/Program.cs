using System.Text.Json;
using Signaling.Client;

var server = new Uri(args.FirstOrDefault() ?? "ws://localhost:9001");
await using var alice = new SignalingClient(new SignalingClientOptions { Server = server, PeerId = "alice" });
await using var bob = new SignalingClient(new SignalingClientOptions { Server = server, PeerId = "bob" });
await Task.WhenAll(alice.ConnectAsync(), bob.ConnectAsync());

var sending = alice.SendAsync("bob", JsonSerializer.SerializeToElement("hello"));
await foreach (var message in bob.ReceiveAsync())
{
    Console.WriteLine($"{message.From} says {message.Payload}");
    bob.Acknowledge(message);
    break;
}
Console.WriteLine($"It was {await sending}.");
