using System.Net;
using KestrelEcho;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

var port = args.Length == 2 && args[0] == "--port" ? int.Parse(args[1], null) : 0;
var builder = WebApplication.CreateSlimBuilder();
builder.Logging.ClearProviders();
builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port, listen => listen.Run(Echo.RunAsync)));
await using var app = builder.Build();
await app.StartAsync();
Console.WriteLine($"ready at {app.Urls.First().Replace("http", "ws", StringComparison.Ordinal)}/");
await app.WaitForShutdownAsync();
