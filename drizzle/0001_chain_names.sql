CREATE TABLE `chain_name` (
	`of` text PRIMARY KEY NOT NULL,
	`chain` integer NOT NULL
) WITHOUT ROWID;
--> statement-breakpoint
INSERT INTO `chain_name` (`of`, `chain`) SELECT `of`, `id` FROM `chain` WHERE `of` NOT LIKE 'node:%' ORDER BY `of`;
--> statement-breakpoint
DROP INDEX `chain_of`;
--> statement-breakpoint
DROP INDEX `node_chain`;
