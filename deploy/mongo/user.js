// The user of docker-compose.yml, made when the database is created: Eventra reads and writes its own database.
db.getSiblingDB('eventra').createUser({
  user: 'eventra',
  pwd: process.env.EVENTRA_MONGO_PASSWORD,
  roles: [{ role: 'readWrite', db: 'eventra' }],
});
