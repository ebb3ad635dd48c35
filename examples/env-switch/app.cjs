const { trace } = require('@opentelemetry/api')

// The application does not know where its spans go.
trace.getTracer('checkout').startActiveSpan('charge card', (span) => {
  span.setAttribute('user.id', 'u-42')
  span.end()
})
