CREATE TABLE `batch_level` (
	`start` integer PRIMARY KEY NOT NULL,
	`levels` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `chain_block` (
	`start` integer NOT NULL,
	`level` integer NOT NULL,
	`block` integer NOT NULL,
	`facts` blob NOT NULL,
	PRIMARY KEY(`start`, `level`, `block`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `chain_page` (
	`number` integer PRIMARY KEY NOT NULL,
	`chains` blob NOT NULL
);
--> statement-breakpoint
CREATE TABLE `correction` (
	`index` integer PRIMARY KEY NOT NULL,
	`by` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `named_chain` (
	`number` integer PRIMARY KEY NOT NULL,
	`text` text NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `named_chain_text` ON `named_chain` (`text`);
--> statement-breakpoint
CREATE TABLE `numbered_chain` (
	`number` integer PRIMARY KEY NOT NULL,
	`latestWithin` integer NOT NULL,
	`chain` blob NOT NULL
);
--> statement-breakpoint
CREATE TABLE `organisation_page` (
	`organisation` integer NOT NULL,
	`page` integer NOT NULL,
	`records` blob NOT NULL,
	PRIMARY KEY(`organisation`, `page`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `statement_at` (
	`hash` integer NOT NULL,
	`index` integer NOT NULL,
	PRIMARY KEY(`hash`, `index`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `term` (
	`number` integer PRIMARY KEY NOT NULL,
	`text` text NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `term_text` ON `term` (`text`);
--> statement-breakpoint
ALTER TABLE `unit` RENAME TO `unit_before`;
--> statement-breakpoint
DROP INDEX `unit_id`;
--> statement-breakpoint
CREATE TABLE `unit` (
	`number` integer PRIMARY KEY NOT NULL,
	`id` text NOT NULL,
	`salt` blob NOT NULL,
	`tag` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `unit_id` ON `unit` (`id`);
--> statement-breakpoint
CREATE INDEX `unit_tag` ON `unit` (`tag`);
--> statement-breakpoint
INSERT INTO `unit` (`number`, `id`, `salt`, `tag`)
	SELECT u.`chain`, u.`id`, u.`salt`,
		((instr('0123456789abcdef', substr(c.`of`, 6, 1)) - 1) << 44)
		+ ((instr('0123456789abcdef', substr(c.`of`, 7, 1)) - 1) << 40)
		+ ((instr('0123456789abcdef', substr(c.`of`, 8, 1)) - 1) << 36)
		+ ((instr('0123456789abcdef', substr(c.`of`, 9, 1)) - 1) << 32)
		+ ((instr('0123456789abcdef', substr(c.`of`, 10, 1)) - 1) << 28)
		+ ((instr('0123456789abcdef', substr(c.`of`, 11, 1)) - 1) << 24)
		+ ((instr('0123456789abcdef', substr(c.`of`, 12, 1)) - 1) << 20)
		+ ((instr('0123456789abcdef', substr(c.`of`, 13, 1)) - 1) << 16)
		+ ((instr('0123456789abcdef', substr(c.`of`, 14, 1)) - 1) << 12)
		+ ((instr('0123456789abcdef', substr(c.`of`, 15, 1)) - 1) << 8)
		+ ((instr('0123456789abcdef', substr(c.`of`, 16, 1)) - 1) << 4)
		+ ((instr('0123456789abcdef', substr(c.`of`, 17, 1)) - 1) << 0)
	FROM `unit_before` AS u JOIN `chain` AS c ON c.`id` = u.`chain` ORDER BY u.`chain`;
--> statement-breakpoint
DROP TABLE `unit_before`;
--> statement-breakpoint
DROP TABLE `chain`;
--> statement-breakpoint
DROP TABLE `chain_name`;
--> statement-breakpoint
DROP TABLE `event`;
--> statement-breakpoint
DROP TABLE `link`;
--> statement-breakpoint
DROP TABLE `node`;
--> statement-breakpoint
DELETE FROM `code_state`;
--> statement-breakpoint
DELETE FROM `clearance`;
--> statement-breakpoint
ALTER TABLE `batch` DROP COLUMN `chainLevels`;
--> statement-breakpoint
CREATE TABLE `answer` (
	`number` integer PRIMARY KEY NOT NULL,
	`owner` text NOT NULL,
	`key` text NOT NULL,
	`requestDigest` text NOT NULL,
	`first` integer NOT NULL,
	`count` integer NOT NULL,
	`body` text NOT NULL,
	`at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `answer_age` ON `answer` (`at`);
--> statement-breakpoint
CREATE TABLE `answer_at` (
	`hash` integer NOT NULL,
	`number` integer NOT NULL,
	PRIMARY KEY(`hash`, `number`)
) WITHOUT ROWID;
--> statement-breakpoint
INSERT INTO `answer` (`owner`, `key`, `requestDigest`, `first`, `count`, `body`, `at`)
	SELECT `owner`, `key`, `requestDigest`, `first`, `count`, `body`, `at` FROM `idempotency` ORDER BY `at`, `first`;
--> statement-breakpoint
DROP TABLE `idempotency`;
