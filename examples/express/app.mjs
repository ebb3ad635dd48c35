import express from 'express'

const app = express()

app.get('/hello/:name', (request, response) => {
  response.send(`Hello, ${request.params.name}!`)
})

const server = app.listen(process.env.PORT ?? 3000, () => {
  console.log(`Try http://localhost:${server.address().port}/hello/Ada`)
})
